package protowire

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

func raw(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestFields: bytes and counts are those of the format's description; what is cut or false has an error that says so.
func TestFields(t *testing.T) {
	for _, c := range []struct {
		bytes string
		n     int // of a whole field, or its error
		fault string
	}{
		{"08 96 01", 3, ""},                   // field 1, varint 150
		{"12 07 74 65 73 74 69 6e 67", 9, ""}, // field 2, "testing"
		{"1d 00 00 80 3f", 5, ""},             // field 3, fixed32
		{"21 00 00 00 00 00 00 f0 3f", 9, ""}, // field 4, fixed64
		{"2b 08 01 2c", 4, ""},                // field 5, a group of one field
		{"2b 2b 08 01 2c 2c ff", 6, ""},       // a group within one, and a byte behind
		{"08 ff ff ff ff ff ff ff ff ff 01", 11, ""},
		{"08 ff ff ff ff ff ff ff ff ff 02", overflow, "overflow"},
		{"08 80", truncated, "unexpected EOF"},
		{"12 07 74", truncated, "unexpected EOF"},
		{"12 ff ff ff ff ff ff ff ff ff 01 00", truncated, "unexpected EOF"}, // a length of 2⁶⁴ − 1
		{"1d 00 00 80", truncated, "unexpected EOF"},
		{"21 00 00 80", truncated, "unexpected EOF"},
		{"2b 08 01", truncated, "unexpected EOF"},
		{"2b 08 01 34", endGroup, "end group"}, // the end of another group
		{"2c", endGroup, "end group"},
		{"0e", reserved, "reserved"},
		{"2b 0f 2c", reserved, "reserved"},
		{"00 01", badNumber, "field number"},
		{"80 80 80 80 80 80 01", badNumber, "field number"},
		{strings.Repeat("2b", deepest+1) + strings.Repeat("2c", deepest+1), tooDeep, "deep"},
		{strings.Repeat("2b", deepest) + strings.Repeat("2c", deepest), 2 * deepest, ""},
		{strings.Repeat("2b", 1e6), tooDeep, "deep"},
		{"", truncated, "unexpected EOF"},
	} {
		b := raw(t, c.bytes)
		num, typ, n := ConsumeTag(b)
		if n > 0 {
			if m := ConsumeFieldValue(num, typ, b[n:]); m < 0 {
				n = m
			} else {
				n += m
			}
		}
		short := c.bytes[:min(40, len(c.bytes))]
		if n != c.n {
			t.Errorf("%s: %d, want %d", short, n, c.n)
		}
		if err := ParseError(n); (err != nil) != (c.fault != "") || err != nil && !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%s: %v, want %q", short, err, c.fault)
		}
	}
	if ParseError(-99) == nil {
		t.Error("an unknown number is no error")
	}
}

// TestAppend: what is written is what the format says, and reads back.
func TestAppend(t *testing.T) {
	b := AppendVarint(AppendTag(nil, 1, VarintType), 150)
	b = AppendString(AppendTag(b, 2, BytesType), "testing")
	b = AppendBytes(AppendTag(b, 1<<29-1, BytesType), []byte{7})
	b = AppendFixed32(AppendTag(b, 3, Fixed32Type), 0x3f800000)
	b = AppendFixed64(AppendTag(b, 4, Fixed64Type), 0x3ff0000000000000)
	want := raw(t, "08 96 01 12 07 74 65 73 74 69 6e 67 fa ff ff ff 0f 01 07 1d 00 00 80 3f 21 00 00 00 00 00 00 f0 3f")
	if !bytes.Equal(b, want) {
		t.Fatalf("% x, want % x", b, want)
	}
	var nums []Number
	for len(b) > 0 {
		num, typ, n := ConsumeTag(b)
		m := ConsumeFieldValue(num, typ, b[n:])
		if n < 0 || m < 0 {
			t.Fatal(n, m)
		}
		if s, k := ConsumeBytes(b[n:]); num == 2 && (string(s) != "testing" || k != m) {
			t.Errorf("%q, %d", s, k)
		}
		nums, b = append(nums, num), b[n+m:]
	}
	if len(nums) != 5 || nums[2] != 1<<29-1 {
		t.Error(nums)
	}
}
