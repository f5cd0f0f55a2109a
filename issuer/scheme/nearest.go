package scheme

import (
	"strings"
	"unicode/utf8"
)

// orNearest says which known word was probably meant, or, when none is near,
// what the known words are, to be appended to a message about an unknown one.
func orNearest(word string, known []string) string {
	if len(known) == 0 {
		return "; there is none"
	}
	best, distance := "", 1<<30
	for _, k := range known {
		if d := editDistance(strings.ToLower(word), strings.ToLower(k)); d < distance {
			best, distance = k, d
		}
	}
	if distance <= 1+utf8.RuneCountInString(best)/4 {
		return "; did you mean \"" + best + "\"?"
	}
	return "; known are: " + strings.Join(known, ", ")
}

// editDistance counts the characters to insert, delete, replace or swap with
// their neighbour to get from a to b. Words longer than any known one are not
// worth the count.
func editDistance(a, b string) int {
	from, to := []rune(a), []rune(b)
	if len(from) > 100 || len(to) > 100 {
		return 1 << 20
	}
	d := make([][]int, len(from)+1)
	for i := range d {
		d[i] = make([]int, len(to)+1)
		d[i][0] = i
	}
	for j := range to {
		d[0][j+1] = j + 1
	}
	for i := 1; i <= len(from); i++ {
		for j := 1; j <= len(to); j++ {
			replace := d[i-1][j-1]
			if from[i-1] != to[j-1] {
				replace++
			}
			d[i][j] = min(replace, d[i-1][j]+1, d[i][j-1]+1)
			if i > 1 && j > 1 && from[i-1] == to[j-2] && from[i-2] == to[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(from)][len(to)]
}
