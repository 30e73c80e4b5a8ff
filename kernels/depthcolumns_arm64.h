// Windows slide over one row: included where the row's code stands, after macros that say what is computed:
//   COLUMN          loads the column at (R1), and moves R1 to the next
//   TAP0 … TAP4(n)  adds the column's product with that tap of the windows to the sums of pixel n
//   TAPS3, TAPS5    load the weights of a row from R5: three taps, five
// R1 is the first column, R7 ≥ 1 how many there are, R12 depthRowArgs_form, and the columns that the first window has at
// the left of it: so many of a sequence are jumped over. It is left after R7 columns, to row_done. Clobbers R1, R7, R8.
// Kernels that define FOUR_COLUMNS (depthfloat_arm64.h) take windows of three by whole groups of columns first.

#define NEXT_COLUMN \
	SUBS $1, R7 \
	BEQ  row_done

	CMP $3, R12
	BGE not_three_by_one
	TAPS3
#ifdef FOUR_COLUMNS
	ADD  R12, R7, R8
	CMP  $5, R8
	BLT  three_by_one_few
	CMP  $1, R12
	BEQ  three_by_one_from_1
	BGT  three_by_one_2
	SUB  $5, R7
	FIVE_COLUMNS
	TAP(0, 22, 0)
	ONE_TO_FOUR(24)
	B    three_by_one_next

three_by_one_from_1:
	SUB  $4, R7
	FOUR_COLUMNS
	ONE_TO_FOUR(22)

three_by_one_next:
	CBZ  R7, row_done
	CMP  $4, R7
	BLT  three_by_one_5
	BEQ  three_by_one_four
	FIVE_COLUMNS
	FIVE_TO_EIGHT
	TAP(2, 30, 7)
	B    row_done

three_by_one_four:
	FOUR_COLUMNS
	FIVE_TO_EIGHT
	B    row_done

three_by_one_few:
#endif
	CMP $1, R12
	BEQ three_by_one_1
	BGT three_by_one_2

	COLUMN
	TAP0(0)
	NEXT_COLUMN
three_by_one_1:
	COLUMN
	TAP1(0)
	TAP0(1)
	NEXT_COLUMN
three_by_one_2:
	COLUMN
	TAP2(0)
	TAP1(1)
	TAP0(2)
	NEXT_COLUMN
	COLUMN
	TAP2(1)
	TAP1(2)
	TAP0(3)
	NEXT_COLUMN
	COLUMN
	TAP2(2)
	TAP1(3)
	TAP0(4)
	NEXT_COLUMN
#ifdef FOUR_COLUMNS
three_by_one_5:
#endif
	COLUMN
	TAP2(3)
	TAP1(4)
	TAP0(5)
	NEXT_COLUMN
	COLUMN
	TAP2(4)
	TAP1(5)
	TAP0(6)
	NEXT_COLUMN
	COLUMN
	TAP2(5)
	TAP1(6)
	TAP0(7)
	NEXT_COLUMN
	COLUMN
	TAP2(6)
	TAP1(7)
	NEXT_COLUMN
	COLUMN
	TAP2(7)
	B row_done

not_three_by_one:
	CMP $6, R12
	BGE not_three_by_two
	TAPS3
#ifdef FOUR_COLUMNS
	ADD  R12, R7, R8
	CMP  $8, R8                          // 3 of the form, 5
	BLT  three_by_two_few
	CMP  $4, R12
	BEQ  three_by_two_from_1
	BGT  three_by_two_2
	SUBS $5, R7
	FIVE_COLUMNS
	TAP(0, 22, 0)
	EVERY_OTHER(0, 24)
	TAP(0, 30, 2)
	BEQ  row_done
	B    three_by_two_second

three_by_two_from_1:
	SUBS $4, R7
	FOUR_COLUMNS
	EVERY_OTHER(0, 22)
	TAP(0, 28, 2)
	BEQ  row_done

three_by_two_second:
	CMP  $4, R7
	BLT  three_by_two_5
	SUBS $4, R7
	FOUR_COLUMNS
	EVERY_OTHER(2, 22)
	TAP(0, 28, 4)
	BEQ  row_done
	CMP  $4, R7
	BLT  three_by_two_9
	SUBS $4, R7
	FOUR_COLUMNS
	EVERY_OTHER(4, 22)
	TAP(0, 28, 6)
	BEQ  row_done
	CMP  $4, R7
	BLT  three_by_two_13
	SUBS $4, R7
	FOUR_COLUMNS
	EVERY_OTHER(6, 22)
	B    row_done

three_by_two_few:
#endif
	CMP $4, R12
	BEQ three_by_two_1
	BGT three_by_two_2

	COLUMN
	TAP0(0)
	NEXT_COLUMN
three_by_two_1:
	COLUMN
	TAP1(0)
	NEXT_COLUMN
three_by_two_2:
	COLUMN
	TAP2(0)
	TAP0(1)
	NEXT_COLUMN
	COLUMN
	TAP1(1)
	NEXT_COLUMN
	COLUMN
	TAP2(1)
	TAP0(2)
	NEXT_COLUMN
#ifdef FOUR_COLUMNS
three_by_two_5:
#endif
	COLUMN
	TAP1(2)
	NEXT_COLUMN
	COLUMN
	TAP2(2)
	TAP0(3)
	NEXT_COLUMN
	COLUMN
	TAP1(3)
	NEXT_COLUMN
	COLUMN
	TAP2(3)
	TAP0(4)
	NEXT_COLUMN
#ifdef FOUR_COLUMNS
three_by_two_9:
#endif
	COLUMN
	TAP1(4)
	NEXT_COLUMN
	COLUMN
	TAP2(4)
	TAP0(5)
	NEXT_COLUMN
	COLUMN
	TAP1(5)
	NEXT_COLUMN
	COLUMN
	TAP2(5)
	TAP0(6)
	NEXT_COLUMN
#ifdef FOUR_COLUMNS
three_by_two_13:
#endif
	COLUMN
	TAP1(6)
	NEXT_COLUMN
	COLUMN
	TAP2(6)
	TAP0(7)
	NEXT_COLUMN
	COLUMN
	TAP1(7)
	NEXT_COLUMN
	COLUMN
	TAP2(7)
	B row_done

not_three_by_two:
	CMP $9, R12
	BGE not_five_by_one
	TAPS5
	CMP $7, R12
	BEQ five_by_one_1
	BGT five_by_one_2

	COLUMN
	TAP0(0)
	NEXT_COLUMN
five_by_one_1:
	COLUMN
	TAP1(0)
	TAP0(1)
	NEXT_COLUMN
five_by_one_2:
	COLUMN
	TAP2(0)
	TAP1(1)
	TAP0(2)
	NEXT_COLUMN
	COLUMN
	TAP3(0)
	TAP2(1)
	TAP1(2)
	TAP0(3)
	NEXT_COLUMN
	COLUMN
	TAP4(0)
	TAP3(1)
	TAP2(2)
	TAP1(3)
	TAP0(4)
	NEXT_COLUMN
	COLUMN
	TAP4(1)
	TAP3(2)
	TAP2(3)
	TAP1(4)
	TAP0(5)
	NEXT_COLUMN
	COLUMN
	TAP4(2)
	TAP3(3)
	TAP2(4)
	TAP1(5)
	TAP0(6)
	NEXT_COLUMN
	COLUMN
	TAP4(3)
	TAP3(4)
	TAP2(5)
	TAP1(6)
	TAP0(7)
	NEXT_COLUMN
	COLUMN
	TAP4(4)
	TAP3(5)
	TAP2(6)
	TAP1(7)
	NEXT_COLUMN
	COLUMN
	TAP4(5)
	TAP3(6)
	TAP2(7)
	NEXT_COLUMN
	COLUMN
	TAP4(6)
	TAP3(7)
	NEXT_COLUMN
	COLUMN
	TAP4(7)
	B row_done

not_five_by_one:
	TAPS5
	CMP $10, R12
	BEQ five_by_two_1
	BGT five_by_two_2

	COLUMN
	TAP0(0)
	NEXT_COLUMN
five_by_two_1:
	COLUMN
	TAP1(0)
	NEXT_COLUMN
five_by_two_2:
	COLUMN
	TAP2(0)
	TAP0(1)
	NEXT_COLUMN
	COLUMN
	TAP3(0)
	TAP1(1)
	NEXT_COLUMN
	COLUMN
	TAP4(0)
	TAP2(1)
	TAP0(2)
	NEXT_COLUMN
	COLUMN
	TAP3(1)
	TAP1(2)
	NEXT_COLUMN
	COLUMN
	TAP4(1)
	TAP2(2)
	TAP0(3)
	NEXT_COLUMN
	COLUMN
	TAP3(2)
	TAP1(3)
	NEXT_COLUMN
	COLUMN
	TAP4(2)
	TAP2(3)
	TAP0(4)
	NEXT_COLUMN
	COLUMN
	TAP3(3)
	TAP1(4)
	NEXT_COLUMN
	COLUMN
	TAP4(3)
	TAP2(4)
	TAP0(5)
	NEXT_COLUMN
	COLUMN
	TAP3(4)
	TAP1(5)
	NEXT_COLUMN
	COLUMN
	TAP4(4)
	TAP2(5)
	TAP0(6)
	NEXT_COLUMN
	COLUMN
	TAP3(5)
	TAP1(6)
	NEXT_COLUMN
	COLUMN
	TAP4(5)
	TAP2(6)
	TAP0(7)
	NEXT_COLUMN
	COLUMN
	TAP3(6)
	TAP1(7)
	NEXT_COLUMN
	COLUMN
	TAP4(6)
	TAP2(7)
	NEXT_COLUMN
	COLUMN
	TAP3(7)
	NEXT_COLUMN
	COLUMN
	TAP4(7)
	B row_done
