package runtime

// whole is what whole numbers are copied from and to.
type whole interface {
	int8 | uint8 | int16 | uint16 | int32 | int64
}

// wholeFrom is CopyFrom for a tensor of whole numbers.
func (t *Tensor) wholeFrom(src any) error {
	switch s := src.(type) {
	case []int32:
		if t.info.Elem == ElemSame {
			return copySame(t, t.Int32(), s, true)
		}
		return wholeIn(t, s)
	case []int64:
		return wholeIn(t, s)
	case []int8:
		return wholeIn(t, s)
	case []uint8:
		return wholeIn(t, s)
	case []int16:
		return wholeIn(t, s)
	case []uint16:
		return wholeIn(t, s)
	case []bool:
		if t.info.Elem == ElemBool {
			return copyIn(t, t.Int32(), s, wholeOf)
		}
	case []float32:
		lo, hi := t.info.Elem.Range()
		for i, v := range s {
			if !(float64(v) >= float64(lo) && float64(v) <= float64(hi) && v == float32(int32(v))) {
				return errorf("tensor %q: element %d, %v, is no %s: %w", t.info.Name, i, v, t.typeName(), ErrType)
			}
		}
		return copyIn(t, t.Int32(), s, func(v float32) int32 { return int32(v) })
	}
	return t.unfit(typeName(src))
}

// wholeTo is CopyTo for a tensor of whole numbers.
func (t *Tensor) wholeTo(dst any) error {
	elem := t.info.Elem
	switch d := dst.(type) {
	case []int32:
		return copySame(t, t.Int32(), d, false)
	case []int64:
		return copyOut(t, d, t.Int32(), func(v int32) int64 { return int64(v) })
	case []float32:
		return copyOut(t, d, t.Int32(), func(v int32) float32 { return float32(v) })
	case []bool:
		if elem == ElemBool {
			return copyOut(t, d, t.Int32(), func(v int32) bool { return v != 0 })
		}
	case []uint8:
		if elem == ElemUint8 || elem == ElemBool {
			return copyOut(t, d, t.Int32(), func(v int32) uint8 { return uint8(v) })
		}
	case []int8:
		if elem == ElemInt8 {
			return copyOut(t, d, t.Int32(), func(v int32) int8 { return int8(v) })
		}
	case []uint16:
		if elem == ElemUint16 {
			return copyOut(t, d, t.Int32(), func(v int32) uint16 { return uint16(v) })
		}
	case []int16:
		if elem == ElemInt16 {
			return copyOut(t, d, t.Int32(), func(v int32) int16 { return int16(v) })
		}
	}
	return t.unfit(typeName(dst))
}

func wholeOf(b bool) int32 {
	if b {
		return 1
	}
	return 0
}

// wholeIn copies whole numbers into the tensor, if they are numbers of the model's type.
func wholeIn[S whole](t *Tensor, src []S) error {
	lo, hi := t.info.Elem.Range()
	for i, v := range src {
		if int64(v) < int64(lo) || int64(v) > int64(hi) {
			return errorf("tensor %q: element %d, %d, is no %s from %d to %d: %w", t.info.Name, i, v, t.typeName(), lo, hi,
				ErrType)
		}
	}
	return copyIn(t, t.Int32(), src, func(v S) int32 { return int32(v) })
}

// typeName is the word of the tensor's type, as the model has it.
func (t *Tensor) typeName() string {
	switch {
	case t.info.Signed:
		return "s8"
	case t.info.Elem != ElemSame:
		return t.info.Elem.String()
	case t.info.DType == I32:
		return "int32"
	}
	return t.info.DType.String()
}
