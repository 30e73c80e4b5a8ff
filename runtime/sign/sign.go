// Package sign signs model files with Ed25519 and has them refused when the signature is missing or wrong, for updates
// in the field: the device has the public key, whoever makes the updates has the private one.
//
//	plan, err := runtime.Load(data, sign.WithPublicKey(key))
//
// A signature covers every byte before it, and may say a version and a target: a device that remembers the version it
// runs refuses earlier ones, with [runtime.WithMinVersion]. Checking hashes the whole file (SHA-512), packed filters
// that are not used included. The package is apart from runtime so that only programs that use it link crypto/ed25519.
package sign

import (
	"crypto/ed25519"
	"errors"

	"github.com/gneiss-go/gneiss/runtime"
)

// WithPublicKey makes [runtime.Load] refuse files that the key's owner has not signed, with an error that wraps
// [runtime.ErrSignature].
func WithPublicKey(key ed25519.PublicKey) runtime.Option { return runtime.WithSignature(check(key)) }

// File returns a signed file; a signature that it had is replaced.
func File(data []byte, key ed25519.PrivateKey) ([]byte, error) {
	return FileAs(data, runtime.Statement{}, key)
}

// FileAs is File with a statement: the version and the target that [runtime.WithMinVersion] and
// [runtime.WithSignedTarget] ask for.
func FileAs(data []byte, as runtime.Statement, key ed25519.PrivateKey) ([]byte, error) {
	if len(key) != ed25519.PrivateKeySize {
		return nil, errors.New("not an Ed25519 private key")
	}
	return runtime.SignAs(data, as, func(message []byte) ([]byte, error) { return ed25519.Sign(key, message), nil })
}

// Verify returns nil if the key's owner signed the file.
func Verify(data []byte, key ed25519.PublicKey) error { return runtime.Verify(data, check(key)) }

// Signed is Verify that returns what the file is signed as.
func Signed(data []byte, key ed25519.PublicKey) (runtime.Statement, error) {
	return runtime.Signed(data, check(key))
}

func check(key ed25519.PublicKey) func(message, signature []byte) error {
	return func(message, signature []byte) error {
		if len(key) != ed25519.PublicKeySize {
			return errors.New("not an Ed25519 public key")
		}
		if !ed25519.Verify(key, message, signature) {
			return errors.New("not signed with this key")
		}
		return nil
	}
}
