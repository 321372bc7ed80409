package handheld

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
)

// The documents of a Storage; see the package's comment.
const (
	docKey      = "key.pem"
	docIdentity = "identity.json"
	docBundle   = "bundle.jws"
	docSession  = "session.json"
	docCodes    = "codes.json"
	docTorn     = "journal.torn"
)

// Storage keeps what a handheld must not lose. What a method has done when it
// returns nil must survive a power cut. After an error the content is unknown:
// what was there before, what was to be there, or for AppendJournal a part of
// the line. One Handheld at a time uses a Storage, one call at a time.
type Storage interface {
	// Load returns a document, or nil where none was saved.
	Load(name string) ([]byte, error)
	// Save replaces a document, as a whole or not at all.
	Save(name string, content []byte) error
	// ReadJournal returns the whole journal; nothing where there is none.
	ReadJournal() ([]byte, error)
	// AppendJournal adds a line at the journal's end.
	AppendJournal(line []byte) error
	// TruncateJournal keeps the first size bytes of the journal.
	TruncateJournal(size int) error
}

// Memory is a Storage in memory, for simulations and tests. The zero Memory is
// empty.
type Memory struct {
	mu        sync.Mutex
	documents map[string][]byte
	journal   []byte
}

// Load returns a document.
func (m *Memory) Load(name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return bytes.Clone(m.documents[name]), nil
}

// Save replaces a document.
func (m *Memory) Save(name string, content []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.documents == nil {
		m.documents = map[string][]byte{}
	}
	m.documents[name] = append([]byte{}, content...)
	return nil
}

// ReadJournal returns the journal.
func (m *Memory) ReadJournal() ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return bytes.Clone(m.journal), nil
}

// AppendJournal adds a line.
func (m *Memory) AppendJournal(line []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.journal = append(m.journal, line...)
	return nil
}

// TruncateJournal keeps the first size bytes.
func (m *Memory) TruncateJournal(size int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if size < 0 || size > len(m.journal) {
		return fmt.Errorf("truncate a journal of %d bytes to %d", len(m.journal), size)
	}
	m.journal = m.journal[:size]
	return nil
}

// Clone returns a copy as it stands now: what a thief, or a restored backup,
// would have.
func (m *Memory) Clone() *Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := &Memory{documents: map[string][]byte{}, journal: slices.Clone(m.journal)}
	for name, content := range m.documents {
		c.documents[name] = bytes.Clone(content)
	}
	return c
}
