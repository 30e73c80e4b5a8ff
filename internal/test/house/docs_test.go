package house_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../../.."

// pages are the documents for people, from the root.
func pages(t *testing.T) []string {
	t.Helper()
	all := strings.Fields("README.md CONTRIBUTING.md SECURITY.md CHANGELOG.md bench/README.md models/cifar10/README.md")
	docs, err := filepath.Glob(root + "/docs/*.md")
	if err != nil || len(docs) < 5 {
		t.Fatal(docs, err)
	}
	for _, name := range docs {
		all = append(all, "docs/"+filepath.Base(name))
	}
	return all
}

func text(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "\r\n", "\n")
}

// tree is the repository's files, from the root, and of packages what they declare.
type tree struct {
	files    []string
	declared map[string]map[string]bool // by folder: functions, types, constants and variables at the top
	source   map[string]string          // by folder: its Go files
	names    map[string][]string        // folders by package name
}

func readTree(t *testing.T) *tree {
	t.Helper()
	r := &tree{declared: map[string]map[string]bool{}, source: map[string]string{}, names: map[string][]string{}}
	err := filepath.WalkDir(root, func(file string, e fs.DirEntry, err error) error {
		name := strings.TrimPrefix(filepath.ToSlash(file), root+"/")
		switch {
		case err != nil:
			return err
		case e.IsDir() && (e.Name() == ".git" || e.Name() == "node_modules"):
			return fs.SkipDir
		case e.IsDir():
			return nil
		}
		r.files = append(r.files, name)
		if path.Ext(name) != ".go" || strings.Contains(name, "testdata/") {
			return nil
		}
		dir, src := path.Dir(name), text(t, name)
		r.source[dir] += src
		if r.declared[dir] == nil {
			r.declared[dir] = map[string]bool{}
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range f.Decls {
			declare(r.declared[dir], d)
		}
		if p := strings.TrimSuffix(f.Name.Name, "_test"); !slices.Contains(r.names[p], dir) {
			r.names[p] = append(r.names[p], dir)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// declare notes what a declaration at the top names.
func declare(names map[string]bool, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			names[d.Name.Name] = true
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				names[s.Name.Name] = true
			case *ast.ValueSpec:
				for _, n := range s.Names {
					names[n.Name] = true
				}
			}
		}
	}
}

// has reports whether there is a file or folder of that name, which may have stars: as it stands, beside the page, or,
// if it has no folder, anywhere.
func (r *tree) has(page, name string) bool {
	name = strings.TrimSuffix(regexp.MustCompile(`<\w+>`).ReplaceAllString(name, "*"), "/")
	for _, pattern := range []string{name, path.Join(path.Dir(page), name)} {
		if m, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern))); err == nil && len(m) > 0 {
			return true
		}
	}
	return !strings.Contains(name, "/") && slices.ContainsFunc(r.files, func(f string) bool {
		ok, err := path.Match(name, path.Base(f))
		return ok && err == nil
	})
}

// declares reports whether a package of that name declares the identifier.
func (r *tree) declares(pkg, name string) bool {
	return slices.ContainsFunc(r.names[pkg], func(dir string) bool { return r.declared[dir][name] })
}

var (
	fence    = regexp.MustCompile("(?ms)^ *```(\\w*)\n(.*?)^ *```$")
	quoted   = regexp.MustCompile("`([^`\n]+)`")
	link     = regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
	ours     = regexp.MustCompile(`^(?:\.ci|arch|bench|cmd|docs|examples|internal|kernels|models|quant|runtime)/[\w./*<>-]+$`)
	source   = regexp.MustCompile(`^[\w./*<>-]+\.(?:go|s|h|c|sh|md|py)$`)
	member   = regexp.MustCompile(`^([a-z]\w*)\.([A-Za-z]\w*)(?:\.(\w+))?(?:\(\))?$`)
	testName = regexp.MustCompile(`^(?:Test|Fuzz|Benchmark|Example)[A-Z]\w*$`)
	env      = regexp.MustCompile(`\bGNEISS_[A-Z_]+\b`)
)

// TestDocsNames: files, folders, links, identifiers, tests, flags and environment variables that documents name exist.
func TestDocsNames(t *testing.T) {
	r := readTree(t)
	var code strings.Builder // where environment variables and flags are looked at
	for _, name := range r.files {
		if slices.Contains([]string{".go", ".py", ".cpp"}, path.Ext(name)) || name == "Makefile" ||
			strings.HasPrefix(name, ".ci/") {
			code.WriteString(text(t, name))
		}
	}
	for _, page := range pages(t) {
		src := text(t, page)
		for _, m := range link.FindAllStringSubmatch(fence.ReplaceAllString(src, ""), -1) {
			if !r.has(page, m[1]) {
				t.Errorf("%s links to %s", page, m[1])
			}
		}
		for _, name := range env.FindAllString(src, -1) {
			if !strings.Contains(code.String(), `"`+name) && !strings.Contains(code.String(), name+"=") {
				t.Errorf("%s: nobody looks at %s", page, name)
			}
		}
		for _, m := range quoted.FindAllStringSubmatch(fence.ReplaceAllString(src, ""), -1) {
			word := m[1]
			switch id := member.FindStringSubmatch(word); {
			case ours.MatchString(word) || source.MatchString(word) && !strings.Contains(word, "://"):
				if !r.has(page, word) {
					t.Errorf("%s: there is no %s", page, word)
				}
			case testName.MatchString(word):
				if !slices.ContainsFunc(slices.Collect(mapValues(r.declared)), func(d map[string]bool) bool { return d[word] }) {
					t.Errorf("%s: there is no test %s", page, word)
				}
			case strings.HasPrefix(word, "--"):
				flag, _, _ := strings.Cut(word, " ")
				if re := regexp.MustCompile(`"(?:--)?` + strings.TrimPrefix(flag, "--") + `"`); !re.MatchString(code.String()) {
					t.Errorf("%s: no command has a flag %s", page, flag)
				}
			case id != nil && r.names[id[1]] != nil:
				if !r.declares(id[1], id[2]) || id[3] != "" && !r.mentions(id[1], id[3]) {
					t.Errorf("%s: package %s has no %s", page, id[1], strings.TrimPrefix(word, id[1]+"."))
				}
			}
		}
	}
}

func (r *tree) mentions(pkg, word string) bool {
	re := regexp.MustCompile(`\b` + word + `\b`)
	return slices.ContainsFunc(r.names[pkg], func(dir string) bool { return re.MatchString(r.source[dir]) })
}

func mapValues[K comparable, V any](m map[K]V) func(func(V) bool) {
	return func(yield func(V) bool) {
		for _, v := range m {
			if !yield(v) {
				return
			}
		}
	}
}

// TestDocsExcerpts: what stands in a block that begins with a file's name is in that file, line by line; … leaves out.
func TestDocsExcerpts(t *testing.T) {
	first := regexp.MustCompile(`^\s*// ([\w./-]+\.\w+)\n`)
	count := 0
	for _, page := range pages(t) {
		for _, block := range fence.FindAllStringSubmatch(text(t, page), -1) {
			m := first.FindStringSubmatch(block[2])
			if m == nil {
				continue
			}
			src := text(t, m[1])
			for line := range strings.Lines(strings.TrimPrefix(block[2], m[0])) {
				for part := range strings.SplitSeq(line, "…") {
					if count++; !strings.Contains(src, strings.TrimSpace(part)) {
						t.Errorf("%s: %s has no %q", page, m[1], strings.TrimSpace(part))
					}
				}
			}
		}
	}
	if count < 50 {
		t.Errorf("%d lines of excerpts", count)
	}
}

// TestDocsCommands: commands in documents parse, and what they name exists: packages, tests, commands of gneiss and their
// flags, targets of make, sections of .ci/run.
func TestDocsCommands(t *testing.T) {
	r := readTree(t)
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Log("NOT TESTED: whether commands parse; there is no sh")
	}
	for _, page := range pages(t) {
		src := text(t, page)
		for _, block := range fence.FindAllStringSubmatch(src, -1) {
			if block[1] != "sh" && block[1] != "" && block[1] != "console" {
				continue
			}
			if block[1] == "sh" && sh != "" {
				if out, err := exec.Command(sh, "-n", "-c", block[2]).CombinedOutput(); err != nil {
					t.Errorf("%s: %v: %s\n%s", page, err, out, block[2])
				}
			}
			for line := range strings.Lines(block[2]) {
				if block[1] == "" && strings.HasPrefix(line, " ") { // a line of a table
					continue
				}
				r.command(t, page, strings.TrimPrefix(strings.TrimSpace(line), "$ "))
			}
		}
		for _, m := range quoted.FindAllStringSubmatch(fence.ReplaceAllString(src, ""), -1) {
			r.command(t, page, m[1])
		}
	}
}

// fields splits a command into words, as a shell does with plain quotes.
func fields(line string) (words []string) {
	for _, m := range regexp.MustCompile(`'[^']*'|"[^"]*"|[^\s'"]+`).FindAllString(line, -1) {
		words = append(words, strings.Trim(m, `'"`))
	}
	return words
}

func (r *tree) command(t *testing.T, page, line string) {
	words := fields(line)
	for len(words) > 0 && regexp.MustCompile(`^[A-Z_]+=`).MatchString(words[0]) {
		words = words[1:]
	}
	if i := slices.IndexFunc(words, func(w string) bool { return w == "|" || w == "#" }); i >= 0 {
		words = words[:i]
	}
	if len(words) < 2 || strings.ContainsAny(words[1], "…") {
		return
	}
	switch words[0] {
	case "go":
		r.goCommand(t, page, line, words[1:])
	case "make":
		if w := words[1]; !strings.Contains(w, "=") && !strings.Contains("\n"+text(t, "Makefile"), "\n"+w+":") {
			t.Errorf("%s: make has no %s", page, w)
		}
	case ".ci/run":
		for _, w := range words[1:] {
			if !strings.Contains(text(t, ".ci/run"), "\n"+w+"() {") {
				t.Errorf("%s: .ci/run has no section %s", page, w)
			}
		}
	case "gneiss":
		r.gneiss(t, page, line, words[1:])
	}
}

// gneiss looks at a command of cmd/gneiss and its long flags.
func (r *tree) gneiss(t *testing.T, page, line string, words []string) {
	src := r.source["cmd/gneiss"]
	w := words[0]
	if word := regexp.MustCompile(`^[a-z]+$`); word.MatchString(w) && w != "help" &&
		!regexp.MustCompile(`Use:\s+"`+w+`\b`).MatchString(src) {
		t.Errorf("%s: gneiss has no command %s", page, w)
	}
	for _, w := range words {
		flag, ok := strings.CutPrefix(w, "--")
		if flag, _, _ = strings.Cut(flag, "="); ok && flag != "help" && !strings.Contains(src, `"`+flag+`"`) {
			t.Errorf("%s: gneiss has no flag --%s: %s", page, flag, line)
		}
	}
}

// goCommand looks at packages, tests and benchmarks of a go command.
func (r *tree) goCommand(t *testing.T, page, line string, words []string) {
	var dirs []string
	for _, w := range words {
		dir := strings.TrimPrefix(strings.TrimSuffix(w, "/..."), "./")
		if !strings.HasPrefix(w, "./") {
			continue
		}
		found := false
		for d := range r.declared {
			if w == "./..." || d == dir || strings.HasSuffix(w, "/...") && strings.HasPrefix(d, dir+"/") {
				found, dirs = true, append(dirs, d)
			}
		}
		if !found {
			t.Errorf("%s: no package %s: %s", page, w, line)
		}
	}
	for i, w := range words[:len(words)-1] {
		kind := map[string]string{"-run": "(?:Test|Example|Fuzz)", "-bench": "Benchmark", "-fuzz": "Fuzz"}[w]
		if kind == "" || words[0] != "test" || slices.Contains([]string{"^$", "-", "."}, words[i+1]) {
			continue
		}
		for alternative := range strings.SplitSeq(words[i+1], "|") {
			want, _, _ := strings.Cut(alternative, "/")
			re, err := regexp.Compile(want)
			if err != nil {
				t.Errorf("%s: %v: %s", page, err, line)
				continue
			}
			if !slices.ContainsFunc(dirs, func(d string) bool {
				for name := range r.declared[d] {
					if regexp.MustCompile("^"+kind+"[A-Z]").MatchString(name) && re.MatchString(name) {
						return true
					}
				}
				return false
			}) {
				t.Errorf("%s: %s matches nothing: %s", page, alternative, line)
			}
		}
	}
}
