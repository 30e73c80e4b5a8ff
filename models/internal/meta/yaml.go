package meta

import "strings"

// YAML reads the plain kind of YAML that Ultralytics writes beside models: keys with scalars, and one level of keys
// with scalars below a key, as the names of classes. Other lines are passed over. All scalars are strings.
func YAML(text string) Dict {
	d := Dict{}
	if len(text) > maxLiteral {
		return d
	}
	var below Dict // of the last key
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimRight(line, " \r\n"), ":")
		inner := strings.TrimLeft(key, " ")
		if !ok || inner == "" || strings.HasPrefix(inner, "#") || strings.HasPrefix(inner, "-") ||
			value != "" && value[0] != ' ' {
			continue
		}
		switch value = strings.TrimSpace(value); {
		case inner != key && below != nil:
			below[unquoted(inner)] = unquoted(value)
		case inner != key:
		case value == "":
			below = Dict{}
			d[unquoted(key)] = below
		default:
			below = nil
			d[unquoted(key)] = unquoted(value)
		}
	}
	return d
}

// unquoted is a scalar without its quotes.
func unquoted(s string) string {
	if strings.HasPrefix(s, "'") && strings.HasSuffix(s, "'") && len(s) > 1 { // where '' is a quote
		return strings.ReplaceAll(s[1:len(s)-1], "''", "'")
	}
	if strings.HasPrefix(s, `"`) {
		if v, err := Parse(s); err == nil {
			if s, ok := v.(string); ok {
				return s
			}
		}
	}
	return s
}
