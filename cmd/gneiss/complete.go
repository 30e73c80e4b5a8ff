package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/detect"
	"github.com/gneiss-go/gneiss/models/pose"
	"github.com/gneiss-go/gneiss/models/segment"
)

// Files that a shell offers for arguments.
var (
	modelFiles = []string{"onnx", "tflite", "caffemodel", "prototxt", "param", "gneiss"}
	imageFiles = []string{"jpg", "jpeg", "png", "webp"}
)

// complete has shells offer the values of flags and arguments: names that are known, or files of the right kind.
func complete(root *cobra.Command) {
	words := func(list ...string) cobra.CompletionFunc {
		return cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp)
	}
	files := func(ext ...string) cobra.CompletionFunc {
		return cobra.FixedCompletions(ext, cobra.ShellCompDirectiveFilterFileExt)
	}
	var tiers []string
	for _, isa := range arch.Supported() {
		tiers = append(tiers, isa.String())
	}
	var tasks, heads []string
	for _, t := range card.Tasks {
		tasks = append(tasks, string(t))
	}
	for _, k := range detect.Kinds() {
		heads = append(heads, k.Name)
	}
	heads = append(append(heads, pose.Kinds()...), segment.Kinds()...)
	values := map[string]cobra.CompletionFunc{
		"isa":      words(tiers...),
		"task":     words(tasks...),
		"head":     words(heads...),
		"target":   words(append([]string{"host"}, targetNames()...)...),
		"threads":  words("0", "1", "2", "4"),
		"model":    files(modelFiles...),
		"against":  files(modelFiles...),
		"with":     files(modelFiles...),
		"prototxt": files("prototxt"),
		"key":      files("key", "pub"),
		"graph":    files("svg"), "memory": files("svg"), "chart": files("svg"), "roofline": files("svg"),
	}
	for _, c := range root.Commands() {
		for name, f := range values {
			if c.Flags().Lookup(name) != nil && (name != "target" || c.Name() == "compile") {
				_ = c.RegisterFlagCompletionFunc(name, f) // it fails for a flag that is not there, or twice
			}
		}
		switch {
		case c.ValidArgsFunction != nil || len(c.ValidArgs) > 0:
		case strings.Contains(c.Use, "MODEL"):
			c.ValidArgsFunction = files(modelFiles...)
		case strings.Contains(c.Use, "FILE.gneiss"):
			c.ValidArgsFunction = files("gneiss")
		case strings.Contains(c.Use, "IMAGE"):
			c.ValidArgsFunction = files(imageFiles...)
		}
	}
}

// targetNames are what compile packs filters for, beside the host: for all tiers but the portable one.
func targetNames() []string {
	var names []string
	for _, tier := range arch.Tiers() {
		for goarch := range strings.FieldsSeq(tier.GOARCH) {
			names = append(names, goarch+"-"+tier.Name)
		}
	}
	return names
}
