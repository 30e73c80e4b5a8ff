// Package house holds the tests of the repository as a whole: who imports whom, and that README.md says what is so.
package house
