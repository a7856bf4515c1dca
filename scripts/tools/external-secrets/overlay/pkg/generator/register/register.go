// Package register leaves out the generators, of which none is used.
package register
