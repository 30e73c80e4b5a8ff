package runtime

import (
	"errors"
	"fmt"
)

// ErrSignature says that a file is not signed, or not by the key that was asked for, or not as what was asked for.
var ErrSignature = errors.New("signature is missing or wrong")

// signatureSize is that of Ed25519.
const signatureSize = 64

// Statement is what a signature says of its file, besides that it is the signer's. It is signed with the file.
type Statement struct {
	Version int `json:"version,omitempty"` // above 0; later files have larger ones
	// which devices the file is for, in words of the signer's own, at most 255 bytes
	Target string `json:"target,omitempty"`
}

// StatementError says that a file is signed by the right key, but as an earlier version or for another target than was
// asked for.
type StatementError struct {
	Signed     Statement
	MinVersion int    // 0 if any would do
	Target     string // "" if any would do
}

func (e *StatementError) Error() string {
	if e.Signed.Version < e.MinVersion {
		return fmt.Sprintf("signed as version %d, earlier than %d", e.Signed.Version, e.MinVersion)
	}
	return fmt.Sprintf("signed for the target %q, not %q", e.Signed.Target, e.Target)
}

// Unwrap returns [ErrSignature].
func (e *StatementError) Unwrap() error { return ErrSignature }

// WithSignature makes [Load] and [ReadGraph] refuse a file unless valid returns nil for all bytes before its signature
// and the signature; the error is wrapped in [ErrSignature] and nothing else of the file is looked at. Package
// runtime/sign has this for an Ed25519 key; it is a package of its own so that programs that do not ask for signatures
// do not link it.
func WithSignature(valid func(message, signature []byte) error) Option {
	return func(o *options) { o.signed = valid }
}

// WithMinVersion refuses a file that is not signed as that version or a later one, with a [StatementError]: an old
// file, signed as it is, must not take the place of a newer one. Without [WithSignature] every file is refused: nobody
// vouches for its version.
func WithMinVersion(version int) Option { return func(o *options) { o.minVersion = version } }

// WithSignedTarget refuses a file that is not signed for that target, as WithMinVersion does.
func WithSignedTarget(target string) Option { return func(o *options) { o.signedTarget = target } }

// authenticate wants the file signed, if options say so.
func (c *container) authenticate(data []byte, o *options) error {
	if o.signed == nil {
		if o.minVersion > 0 || o.signedTarget != "" {
			return errorf("a version or target without a key to check it with: %w", ErrSignature)
		}
		return nil
	}
	st, err := c.statement(data, o.signed)
	if err == nil && (st.Version < o.minVersion || o.signedTarget != "" && st.Target != o.signedTarget) {
		err = &StatementError{Signed: st, MinVersion: o.minVersion, Target: o.signedTarget}
	}
	return err
}

// statement returns what a file is signed as. All but the last 64 bytes is signed: the header, and so the sections'
// table, the sections, and the statement at the beginning of the last. Nothing of that is believed before the signature
// is checked.
func (c *container) statement(data []byte, valid func(message, signature []byte) error) (st Statement, err error) {
	s := c.find(secSignature, "")
	if s == nil {
		return st, ErrSignature
	}
	said := len(s.data) - signatureSize
	if said < 0 || s.crc != 0 {
		return st, corrupt("a signature of %d bytes", len(s.data))
	}
	if err := valid(data[:s.offset+said], s.data[said:]); err != nil {
		return st, errors.Join(ErrSignature, err)
	}
	return decodeStatement(s.data[:said])
}

// maxTarget bounds a statement's target, in bytes.
const maxTarget = 255

// encode returns nothing for a signature that says nothing, as those of the first version of the format; else version
// and target.
func (st Statement) encode() ([]byte, error) {
	switch {
	case st.Version < 0 || st.Version > maxInt || len(st.Target) > maxTarget:
		return nil, errorf("version %d, target of %d bytes: %w", st.Version, len(st.Target), ErrLimit)
	case st == Statement{}:
		return nil, nil
	}
	var e encoder
	e.int(st.Version)
	e.string(st.Target)
	return e.buf, nil
}

func decodeStatement(data []byte) (st Statement, err error) {
	if len(data) == 0 {
		return st, nil
	}
	d := &decoder{buf: data}
	st = Statement{Version: d.int(), Target: d.string()}
	if d.err == nil && (len(d.buf) != 0 || len(st.Target) > maxTarget || st == Statement{}) {
		d.fail("a signature's statement of %d bytes", len(data))
	}
	if d.err != nil {
		return Statement{}, d.err
	}
	return st, nil
}

// Sign returns a file with a signature in place of any it had: sign is given what is to be signed, and returns 64
// bytes.
func Sign(data []byte, sign func(message []byte) ([]byte, error)) ([]byte, error) {
	return SignAs(data, Statement{}, sign)
}

// SignAs is Sign with a statement that is signed with the file.
func SignAs(data []byte, st Statement, sign func(message []byte) ([]byte, error)) ([]byte, error) {
	said, err := st.encode()
	if err != nil {
		return nil, err
	}
	c, err := parse(data)
	if err != nil {
		return nil, err
	}
	for i := range c.sections {
		if err := c.sections[i].check(); err != nil {
			return nil, err
		}
	}
	if c.find(secSignature, "") != nil {
		c.sections = c.sections[:len(c.sections)-1] // it is the last
	}
	out := assemble(append(c.sections, section{kind: secSignature, data: append(said, make([]byte, signatureSize)...)}))
	signature, err := sign(out[:len(out)-signatureSize])
	if err != nil {
		return nil, err
	}
	if len(signature) != signatureSize {
		return nil, errors.Join(ErrSignature, errors.New("a signature has 64 bytes"))
	}
	copy(out[len(out)-signatureSize:], signature)
	return out, nil
}

// Verify checks a file's signature, as [Load] does with [WithSignature].
func Verify(data []byte, valid func(message, signature []byte) error) error {
	_, err := Signed(data, valid)
	return err
}

// Signed is Verify that returns what the file is signed as.
func Signed(data []byte, valid func(message, signature []byte) error) (Statement, error) {
	c, err := parse(data)
	if err != nil {
		return Statement{}, err
	}
	return c.statement(data, valid)
}
