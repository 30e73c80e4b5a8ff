package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/internal/app/fetch"
)

// fetchable are the models that can be fetched.
var fetchable = map[string]struct {
	url, sha1, file string
	maxSize         int64
}{
	"googlenet": {"http://dl.caffe.berkeleyvision.org/bvlc_googlenet.caffemodel",
		"405fc5acd08a3bb12de8ee5e23a96bec22f08204", googlenetFile, 128 << 20},
}

func fetchCommand() *cobra.Command {
	var url string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "fetch [flags] MODEL",
		Short: "Download a published model",
		Long: `Fetch downloads a published model into the user's cache directory (or GNEISS_CACHE), checks its SHA-1 and says where
it is; --model then knows it by name. A broken download goes on where it stopped when the command is run again.

Models:
  googlenet  BVLC GoogLeNet, ImageNet, 1000 classes, 54 MB, unrestricted use`,
		Example: `  gneiss fetch googlenet
  gneiss fetch --url https://mirror.example.org/bvlc_googlenet.caffemodel googlenet`,
		ValidArgs: []string{"googlenet"},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("want one model's name: googlenet")
			}
			if _, ok := fetchable[args[0]]; !ok {
				return usagef("unknown model %q; there is googlenet", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := fetch.CacheDir()
			if err != nil {
				return err
			}
			m := fetchable[args[0]]
			path := filepath.Join(dir, m.file)
			state := "already there"
			if sum, err := fetch.HashFile(path); err != nil || sum != m.sha1 {
				state = "downloaded"
				if url == "" {
					url = m.url
				}
				progress := newProgress(cmd.ErrOrStderr(), -1, true, args[0])
				f := fetch.File{URL: url, SHA1: m.sha1, MaxSize: m.maxSize, Progress: func(done, total int64) {
					progress.Set(done, total)
				}}
				err := f.To(cmd.Context(), path)
				progress.Finish()
				if err != nil {
					return err
				}
			}
			if asJSON {
				return writeJSON(cmd.OutOrStdout(),
					map[string]string{"model": args[0], "path": path, "sha1": m.sha1, "state": state})
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is %s: %s\nuse it with: gneiss classify --model %s\n",
				args[0], state, path, args[0])
			return nil
		},
	}
	cmd.Flags().StringVar(&url, "url", "", "download from this `address` instead; the SHA-1 must be the same")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
