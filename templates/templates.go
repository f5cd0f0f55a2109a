// Package templates holds what the pages and the papers of Testamur are made
// of and what a body may want to look at without reading Go: typefaces and the
// templates of web pages. Everything is embedded in the program; nothing is read
// from the network.
//
// Whoever needs one asks for it by its name, which is a constant of the program
// and never a text from outside; even so no name leads out of its folder.
package templates
