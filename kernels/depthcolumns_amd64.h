// Windows slide over one row: included where the row's code stands, after macros that say what is computed:
//   COLUMN             loads the column at (SI)
//   COLUMN5            the same for windows of five columns; if not defined, COLUMN
//   TAP0 … TAP4(n, a)  adds the column's product with that tap of the windows to the sums a = An of pixel n
//   TAPS3, TAPS5       load the weights of a row from DX: three taps, five
// SI is the first column, CX ≥ 1 how many there are, R8 the bytes from one to the next, R13 depthRowArgs_form, and the
// columns that the first window has at the left of it: so many of a sequence are jumped over. It is left after CX columns,
// to row_done. Clobbers SI, CX.

#ifndef COLUMN5
#define COLUMN5 COLUMN
#endif

#define NEXT_COLUMN \
	ADDQ R8, SI \
	SUBQ $1, CX \
	JEQ  row_done

	CMPQ R13, $3
	JGE  not_three_by_one
	TAPS3
	CMPQ R13, $1
	JEQ  three_by_one_1
	JGT  three_by_one_2

	COLUMN
	TAP0(0, A0)
	NEXT_COLUMN
three_by_one_1:
	COLUMN
	TAP1(0, A0)
	TAP0(1, A1)
	NEXT_COLUMN
three_by_one_2:
	COLUMN
	TAP2(0, A0)
	TAP1(1, A1)
	TAP0(2, A2)
	NEXT_COLUMN
	COLUMN
	TAP2(1, A1)
	TAP1(2, A2)
	TAP0(3, A3)
	NEXT_COLUMN
	COLUMN
	TAP2(2, A2)
	TAP1(3, A3)
	TAP0(4, A4)
	NEXT_COLUMN
	COLUMN
	TAP2(3, A3)
	TAP1(4, A4)
	TAP0(5, A5)
	NEXT_COLUMN
	COLUMN
	TAP2(4, A4)
	TAP1(5, A5)
	TAP0(6, A6)
	NEXT_COLUMN
	COLUMN
	TAP2(5, A5)
	TAP1(6, A6)
	TAP0(7, A7)
	NEXT_COLUMN
	COLUMN
	TAP2(6, A6)
	TAP1(7, A7)
	NEXT_COLUMN
	COLUMN
	TAP2(7, A7)
	JMP  row_done

not_three_by_one:
	CMPQ R13, $6
	JGE  not_three_by_two
	TAPS3
	CMPQ R13, $4
	JEQ  three_by_two_1
	JGT  three_by_two_2

	COLUMN
	TAP0(0, A0)
	NEXT_COLUMN
three_by_two_1:
	COLUMN
	TAP1(0, A0)
	NEXT_COLUMN
three_by_two_2:
	COLUMN
	TAP2(0, A0)
	TAP0(1, A1)
	NEXT_COLUMN
	COLUMN
	TAP1(1, A1)
	NEXT_COLUMN
	COLUMN
	TAP2(1, A1)
	TAP0(2, A2)
	NEXT_COLUMN
	COLUMN
	TAP1(2, A2)
	NEXT_COLUMN
	COLUMN
	TAP2(2, A2)
	TAP0(3, A3)
	NEXT_COLUMN
	COLUMN
	TAP1(3, A3)
	NEXT_COLUMN
	COLUMN
	TAP2(3, A3)
	TAP0(4, A4)
	NEXT_COLUMN
	COLUMN
	TAP1(4, A4)
	NEXT_COLUMN
	COLUMN
	TAP2(4, A4)
	TAP0(5, A5)
	NEXT_COLUMN
	COLUMN
	TAP1(5, A5)
	NEXT_COLUMN
	COLUMN
	TAP2(5, A5)
	TAP0(6, A6)
	NEXT_COLUMN
	COLUMN
	TAP1(6, A6)
	NEXT_COLUMN
	COLUMN
	TAP2(6, A6)
	TAP0(7, A7)
	NEXT_COLUMN
	COLUMN
	TAP1(7, A7)
	NEXT_COLUMN
	COLUMN
	TAP2(7, A7)
	JMP  row_done

not_three_by_two:
	CMPQ R13, $9
	JGE  not_five_by_one
	TAPS5
	CMPQ R13, $7
	JEQ  five_by_one_1
	JGT  five_by_one_2

	COLUMN5
	TAP0(0, A0)
	NEXT_COLUMN
five_by_one_1:
	COLUMN5
	TAP1(0, A0)
	TAP0(1, A1)
	NEXT_COLUMN
five_by_one_2:
	COLUMN5
	TAP2(0, A0)
	TAP1(1, A1)
	TAP0(2, A2)
	NEXT_COLUMN
	COLUMN5
	TAP3(0, A0)
	TAP2(1, A1)
	TAP1(2, A2)
	TAP0(3, A3)
	NEXT_COLUMN
	COLUMN5
	TAP4(0, A0)
	TAP3(1, A1)
	TAP2(2, A2)
	TAP1(3, A3)
	TAP0(4, A4)
	NEXT_COLUMN
	COLUMN5
	TAP4(1, A1)
	TAP3(2, A2)
	TAP2(3, A3)
	TAP1(4, A4)
	TAP0(5, A5)
	NEXT_COLUMN
	COLUMN5
	TAP4(2, A2)
	TAP3(3, A3)
	TAP2(4, A4)
	TAP1(5, A5)
	TAP0(6, A6)
	NEXT_COLUMN
	COLUMN5
	TAP4(3, A3)
	TAP3(4, A4)
	TAP2(5, A5)
	TAP1(6, A6)
	TAP0(7, A7)
	NEXT_COLUMN
	COLUMN5
	TAP4(4, A4)
	TAP3(5, A5)
	TAP2(6, A6)
	TAP1(7, A7)
	NEXT_COLUMN
	COLUMN5
	TAP4(5, A5)
	TAP3(6, A6)
	TAP2(7, A7)
	NEXT_COLUMN
	COLUMN5
	TAP4(6, A6)
	TAP3(7, A7)
	NEXT_COLUMN
	COLUMN5
	TAP4(7, A7)
	JMP  row_done

not_five_by_one:
	TAPS5
	CMPQ R13, $10
	JEQ  five_by_two_1
	JGT  five_by_two_2

	COLUMN5
	TAP0(0, A0)
	NEXT_COLUMN
five_by_two_1:
	COLUMN5
	TAP1(0, A0)
	NEXT_COLUMN
five_by_two_2:
	COLUMN5
	TAP2(0, A0)
	TAP0(1, A1)
	NEXT_COLUMN
	COLUMN5
	TAP3(0, A0)
	TAP1(1, A1)
	NEXT_COLUMN
	COLUMN5
	TAP4(0, A0)
	TAP2(1, A1)
	TAP0(2, A2)
	NEXT_COLUMN
	COLUMN5
	TAP3(1, A1)
	TAP1(2, A2)
	NEXT_COLUMN
	COLUMN5
	TAP4(1, A1)
	TAP2(2, A2)
	TAP0(3, A3)
	NEXT_COLUMN
	COLUMN5
	TAP3(2, A2)
	TAP1(3, A3)
	NEXT_COLUMN
	COLUMN5
	TAP4(2, A2)
	TAP2(3, A3)
	TAP0(4, A4)
	NEXT_COLUMN
	COLUMN5
	TAP3(3, A3)
	TAP1(4, A4)
	NEXT_COLUMN
	COLUMN5
	TAP4(3, A3)
	TAP2(4, A4)
	TAP0(5, A5)
	NEXT_COLUMN
	COLUMN5
	TAP3(4, A4)
	TAP1(5, A5)
	NEXT_COLUMN
	COLUMN5
	TAP4(4, A4)
	TAP2(5, A5)
	TAP0(6, A6)
	NEXT_COLUMN
	COLUMN5
	TAP3(5, A5)
	TAP1(6, A6)
	NEXT_COLUMN
	COLUMN5
	TAP4(5, A5)
	TAP2(6, A6)
	TAP0(7, A7)
	NEXT_COLUMN
	COLUMN5
	TAP3(6, A6)
	TAP1(7, A7)
	NEXT_COLUMN
	COLUMN5
	TAP4(6, A6)
	TAP2(7, A7)
	NEXT_COLUMN
	COLUMN5
	TAP3(7, A7)
	NEXT_COLUMN
	COLUMN5
	TAP4(7, A7)
	JMP  row_done
