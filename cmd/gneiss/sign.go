package main

import (
	"cmp"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/internal/app/wholefile"
	"github.com/gneiss-go/gneiss/runtime"
	"github.com/gneiss-go/gneiss/runtime/sign"
)

func keygenCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "keygen NAME",
		Short: "Make a pair of keys to sign model files with",
		Long: `Keygen writes NAME.key, the private key, for you alone, and NAME.pub, the public key, for devices. Both are PEM files of
Ed25519 keys, as other tools read them too. Files that exist are not overwritten.`,
		Example: `  gneiss keygen release`,
		Args:    exactly(1, "a name for the keys"),
		RunE: func(cmd *cobra.Command, args []string) error {
			public, private, err := ed25519.GenerateKey(rand.Reader)
			if err != nil {
				return err
			}
			secret, err := x509.MarshalPKCS8PrivateKey(private)
			if err != nil {
				return err
			}
			open, err := x509.MarshalPKIXPublicKey(public)
			if err != nil {
				return err
			}
			if err := writeKey(args[0]+".key", "PRIVATE KEY", secret, 0o600); err != nil {
				return err
			}
			if err := writeKey(args[0]+".pub", "PUBLIC KEY", open, 0o644); err != nil {
				return errors.Join(err, os.Remove(args[0]+".key")) // which nobody has seen
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s.key is the private key: keep it to yourself\n%s.pub is the public key\n", args[0],
				args[0])
			return nil
		},
	}
}

// keyFlags say what model files are taken: those that are signed.
type keyFlags struct {
	key        string
	minVersion int
	target     string
}

func (f *keyFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.key, "key", "", "public key `file`: refuse a model that is not a .gneiss file signed with it")
	cmd.Flags().IntVar(&f.minVersion, "min-version", 0, "with --key: refuse a model that is signed as an earlier version")
	cmd.Flags().StringVar(&f.target, "signed-for", "", "with --key: refuse a model that is not signed for this `target`")
}

// options are those of runtime; none without a key.
func (f *keyFlags) options() ([]runtime.Option, error) {
	if f.key == "" {
		if f.minVersion != 0 || f.target != "" {
			return nil, usagef("--min-version and --signed-for need --key")
		}
		return nil, nil
	}
	public, err := readKey[ed25519.PublicKey](f.key, x509.ParsePKIXPublicKey)
	if err != nil {
		return nil, err
	}
	return []runtime.Option{sign.WithPublicKey(public), runtime.WithMinVersion(f.minVersion),
		runtime.WithSignedTarget(f.target)}, nil
}

// signature is what sign and verify print as JSON.
type signature struct {
	Model string `json:"model"`
	Key   string `json:"key"`
	Valid bool   `json:"valid"`
	runtime.Statement
}

// print says that a model's signature is right.
func (s signature) print(out io.Writer, asJSON bool, text string) error {
	if asJSON {
		return writeJSON(out, s)
	}
	if s.Version != 0 {
		text += fmt.Sprintf(", version %d", s.Version)
	}
	if s.Target != "" {
		text += fmt.Sprintf(", for %q", s.Target)
	}
	_, err := fmt.Fprintf(out, "%s: %s\n", s.Model, text)
	return err
}

func signCommand() *cobra.Command {
	var key, output string
	var as runtime.Statement
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "sign --key NAME.key FILE",
		Short: "Sign a model file, or any other",
		Long: `Sign adds an Ed25519 signature to a model file, in place of any that it had. It may say a version and the devices that the
file is for, so that a device can refuse files that are older than its own, or another's.

Of another file it writes the signature beside it, as FILE.sig: the 64 bytes of Ed25519 over the file's bytes, which
other programs check too: openssl pkeyutl -verify -rawin -pubin -inkey NAME.pub -sigfile FILE.sig -in FILE.`,
		Example: `  gneiss sign --key release.key net.gneiss
  gneiss sign --key release.key --version 12 --target door-camera net.gneiss
  gneiss sign --key release.key SHA256SUMS`,
		Args: exactly(1, "a file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if key == "" {
				return usagef("--key is missing")
			}
			if strings.EqualFold(filepath.Ext(args[0]), runtime.Ext) {
				if err := promised("--output", output, runtime.Ext); err != nil {
					return err
				}
			}
			private, err := readKey[ed25519.PrivateKey](key, x509.ParsePKCS8PrivateKey)
			if err != nil {
				return err
			}
			data, err := os.ReadFile(args[0])
			switch other := err == nil && isOther(args[0], data); {
			case err != nil:
			case other && as != (runtime.Statement{}):
				return usagef("--version and --target are said in model files, and %s is none", args[0])
			case other:
				output = cmp.Or(output, args[0]+sigExt)
				data = ed25519.Sign(private, data)
			default:
				if err := promised("--output", output, runtime.Ext); err != nil {
					return err
				}
				data, err = sign.FileAs(data, as, private)
			}
			if err != nil {
				return runtime.InFile(args[0], err)
			}
			if output == "" {
				output = args[0]
			}
			if err := save(cmd, output, data); err != nil {
				return err
			}
			return signature{output, key, true, as}.print(said(cmd, output), asJSON, "signed")
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "private key `file`")
	cmd.Flags().StringVarP(&output, "output", "o", "",
		"`file` to write, - is standard output; default: the model file itself")
	cmd.Flags().IntVar(&as.Version, "version", 0, "version to sign the file as, larger than that of earlier files")
	cmd.Flags().StringVar(&as.Target, "target", "", "what `devices` the file is for, in words of your own")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func verifyCommand() *cobra.Command {
	var key string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify --key NAME.pub FILE",
		Short: "Check a file's signature, and say what a model is signed as",
		Example: `  gneiss verify --key release.pub net.gneiss
  gneiss verify --key release.pub SHA256SUMS   # by SHA256SUMS.sig`,
		Args: exactly(1, "a file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if key == "" {
				return usagef("--key is missing")
			}
			public, err := readKey[ed25519.PublicKey](key, x509.ParsePKIXPublicKey)
			if err != nil {
				return err
			}
			var as runtime.Statement
			data, err := os.ReadFile(args[0])
			switch {
			case err != nil:
			case isOther(args[0], data):
				err = checkBeside(args[0], data, public)
			default:
				if as, err = sign.Signed(data, public); err == nil {
					_, err = runtime.Load(data)
				}
			}
			if err != nil {
				return runtime.InFile(args[0], err)
			}
			return signature{args[0], key, true, as}.print(cmd.OutOrStdout(), asJSON, "the signature is right")
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "public key `file`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// sigExt is added to the name of a file that is signed beside it.
const sigExt = ".sig"

// isOther reports whether a file is no model and says so: neither by its name nor by how it begins.
func isOther(path string, data []byte) bool {
	return !strings.EqualFold(filepath.Ext(path), runtime.Ext) && !runtime.IsFile(data)
}

// checkBeside checks a file's bytes by the signature beside it.
func checkBeside(path string, data []byte, key ed25519.PublicKey) error {
	f, err := os.Open(path + sigExt)
	if err != nil {
		return err
	}
	defer f.Close()
	s, err := io.ReadAll(io.LimitReader(f, ed25519.SignatureSize+1))
	if err != nil {
		return err
	}
	if len(s) != ed25519.SignatureSize || !ed25519.Verify(key, data, s) {
		return fmt.Errorf("%s is not its signature by this key: %w", path+sigExt, runtime.ErrSignature)
	}
	return nil
}

// exactly is an argument check.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != n {
			return usagef("%d arguments, want %s", len(args), what)
		}
		return nil
	}
}

// writeKey writes a key to a file that must not be there yet.
func writeKey(path, kind string, der []byte, mode os.FileMode) error {
	return wholefile.WriteNew(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), mode)
}

// maxKey bounds the size of a key file.
const maxKey = 64 << 10

// readKey reads a key of a type from a PEM file.
func readKey[K any](path string, parse func([]byte) (any, error)) (k K, err error) {
	fail := func(err error) (K, error) { return k, runtime.InFile(path, err) }
	f, err := os.Open(path)
	if err != nil {
		return fail(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxKey))
	if err != nil {
		return fail(err)
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return fail(errors.New("not a PEM file"))
	}
	key, err := parse(block.Bytes)
	if err != nil {
		return fail(err)
	}
	k, ok := key.(K)
	if !ok {
		return fail(errors.New("a key, but not of Ed25519"))
	}
	return k, nil
}
