package handheld

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"strings"
)

// The kinds of a journal's lines; see the package's comment.
const (
	lineRecord = 'R'
	lineTry    = 'T'
	lineAck    = 'A'
	lineBeacon = 'B'
	lineKeys   = 'K'
)

// line is one event of the journal. Its text is printable ASCII.
type line struct {
	kind byte
	text string
}

const (
	sumLen = 8
	// lineMax bounds a line: an acknowledgement has at most 256 KiB.
	lineMax = 300 << 10
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encode returns the line as it stands in the journal, LF included.
func (l line) encode() []byte {
	rest := string(l.kind) + " " + l.text
	return fmt.Appendf(nil, "%08x %s\n", crc32.Checksum([]byte(rest), castagnoli), rest)
}

// decodeLine reads what encode writes, and nothing else; b is without its LF.
func decodeLine(b []byte) (line, bool) {
	if len(b) < sumLen+len(" K x") || len(b) > lineMax || b[sumLen] != ' ' || b[sumLen+2] != ' ' {
		return line{}, false
	}
	l := line{kind: b[sumLen+1], text: string(b[sumLen+3:])}
	if !strings.ContainsRune("RTABK", rune(l.kind)) || strings.ContainsFunc(l.text, func(r rune) bool { return r < ' ' || r > '~' }) {
		return line{}, false
	}
	again := l.encode()
	return l, bytes.Equal(again[:len(again)-1], b)
}

// readJournal returns the journal's lines and how many of its bytes they take.
// What follows is the unfinished end of a write that was interrupted, and was
// never reported as done. It returns ErrJournal where a good line stands behind
// a bad one: no interrupted write leaves that.
func readJournal(b []byte) ([]line, int, error) {
	var lines []line
	size, bad := 0, false
	for at := 0; ; {
		n := bytes.IndexByte(b[at:], '\n')
		if n < 0 {
			return lines, size, nil
		}
		l, ok := decodeLine(b[at : at+n])
		at += n + 1
		switch {
		case ok && bad:
			return nil, 0, ErrJournal.At("journal", "damaged after byte %d", size)
		case ok:
			lines, size = append(lines, l), at
		default:
			bad = true
		}
	}
}
