// Package house holds the tests of the repository as a whole: who imports whom, and that documents say what is so.
package house
