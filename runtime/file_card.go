package runtime

// card returns the card of a file, nil if there is none. What is in it is not looked at: package runtime knows no more
// of it than its size.
func (c *container) card(limits *Limits) ([]byte, error) {
	s := c.find(secCard, "")
	if s == nil {
		return nil, nil
	}
	switch most := limits.card(); {
	case len(s.data) == 0:
		return nil, corrupt("the card is empty")
	case len(s.data) > most:
		return nil, cardTooLong(len(s.data), most)
	}
	return s.data, s.check()
}

// SetCard returns a model file with another card, or without one if there are no bytes. All else of the file stays, but
// for its signature, which was for other bytes: the result has none. Errors wrap [ErrCorrupt] or [ErrLimit].
func SetCard(file, card []byte) ([]byte, error) {
	if most := DefaultLimits.card(); len(card) > most {
		return nil, cardTooLong(len(card), most)
	}
	c, err := parse(file)
	if err != nil {
		return nil, err
	}
	var w writer
	for i := range c.sections {
		s := &c.sections[i]
		if err := s.check(); err != nil {
			return nil, err
		}
		if s.kind != secCard && s.kind != secSignature {
			w.add(*s)
		}
	}
	if len(card) > 0 {
		w.add(section{kind: secCard, data: card}) // the last, as its kind is
	}
	return assemble(w.sections), nil
}

func cardTooLong(n, most int) error {
	return errorf("a card of %d bytes, more than %d: %w", n, most, ErrLimit)
}
