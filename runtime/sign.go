package runtime

import "errors"

// ErrSignature says that a file is not signed, or not by the key that was asked for.
var ErrSignature = errors.New("signature is missing or wrong")

// signatureSize is that of Ed25519.
const signatureSize = 64

// WithSignature makes [Load] refuse a file unless valid returns nil for all bytes before its signature and the
// signature; the error is wrapped in [ErrSignature] and nothing else of the file is looked at. Package runtime/sign has
// this for an Ed25519 key; it is a package of its own so that programs that do not ask for signatures do not link it.
func WithSignature(valid func(message, signature []byte) error) Option {
	return func(o *options) { o.signed = valid }
}

// authenticate wants the file signed. The signed bytes begin with the header, so they include the sections' table.
func (c *container) authenticate(data []byte, valid func(message, signature []byte) error) error {
	s := c.find(secSignature, "")
	if s == nil {
		return ErrSignature
	}
	if len(s.data) != signatureSize || s.crc != 0 {
		return corrupt("a signature of %d bytes", len(s.data))
	}
	if err := valid(data[:s.offset], s.data); err != nil {
		return errors.Join(ErrSignature, err)
	}
	return nil
}

// Sign returns a file with a signature in place of any it had: sign is given what is to be signed, and returns 64 bytes.
func Sign(data []byte, sign func(message []byte) ([]byte, error)) ([]byte, error) {
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
	out := assemble(append(c.sections, section{kind: secSignature, data: make([]byte, signatureSize)}))
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
	c, err := parse(data)
	if err != nil {
		return err
	}
	return c.authenticate(data, valid)
}
