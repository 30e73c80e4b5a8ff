package kernels

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// TestTasksHideOperations: a task that embeds its operation hides its methods, see onlyTask.
func TestTasksHideOperations(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	ops, tasks := map[string]bool{}, map[string][]string{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Name.Name == "Bind" && n.Recv != nil {
					ops[strings.TrimPrefix(spell(n.Recv.List[0].Type), "*")] = true
				}
			case *ast.TypeSpec:
				if s, ok := n.Type.(*ast.StructType); ok && strings.HasSuffix(n.Name.Name, "Task") {
					for _, field := range s.Fields.List {
						if len(field.Names) == 0 {
							tasks[n.Name.Name] = append(tasks[n.Name.Name], spell(field.Type))
						}
					}
				}
			}
			return true
		})
	}
	if len(ops) < 30 || len(tasks) < 30 {
		t.Fatalf("%d operations, %d tasks", len(ops), len(tasks))
	}
	for name, embedded := range tasks {
		all := strings.Join(embedded, " ")
		for _, e := range embedded {
			if ops[strings.TrimPrefix(e, "*")] && !strings.Contains(all, "onlyTask") {
				t.Errorf("%s embeds %s, and not onlyTask", name, e)
			}
		}
	}
}

// spell returns a type's name, with a star if it is a pointer's.
func spell(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return "*" + spell(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}
