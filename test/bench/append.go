package main

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const peerAppend = "append and fdatasync alone"

// appendBytes is the length of the file that is appended to. It is written
// with zeros beforehand, so that a sync changes nothing but data: the fastest
// that the disk has.
const appendBytes = 64 << 20

// appendAlone is what no store can exceed that answers when the disk has it:
// 64 callers hand over so many bytes each to one goroutine, which appends what
// waits, syncs once, and answers. It returns how many a second.
func appendAlone(dir string, size int, within time.Duration) (float64, error) {
	f, err := os.Create(filepath.Join(dir, "append"))
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	zeros := make([]byte, 1<<20)
	for range appendBytes / len(zeros) {
		if _, err := f.Write(zeros); err != nil {
			return 0, err
		}
	}
	if err := f.Sync(); err != nil {
		return 0, err
	}
	queue := make(chan chan error, groupMax)
	var wg sync.WaitGroup
	wg.Go(func() { appendGroups(f, make([]byte, size), queue) })
	answers := make([]chan error, together)
	for i := range answers {
		answers[i] = make(chan error, 1)
	}
	w := newWork(0, 1<<40, within)
	began := time.Now()
	err = each(together, func(caller int) error {
		for {
			if _, ok := w.take(); !ok {
				return nil
			}
			queue <- answers[caller]
			if err := <-answers[caller]; err != nil {
				return err
			}
		}
	})
	rate := perSecond(w.taken(), began)
	close(queue)
	wg.Wait()
	return rate, err
}

func appendGroups(f *os.File, record []byte, queue <-chan chan error) {
	var at int64
	var buf []byte
	for first := range queue {
		group := []chan error{first}
		buf = append(buf[:0], record...)
		for more := true; more && len(group) < groupMax; {
			select {
			case w, ok := <-queue:
				if more = ok; ok {
					group, buf = append(group, w), append(buf, record...)
				}
			default:
				more = false
			}
		}
		if at+int64(len(buf)) > appendBytes {
			at = 0
		}
		_, err := f.WriteAt(buf, at)
		err = errors.Join(err, unix.Fdatasync(int(f.Fd())))
		at += int64(len(buf))
		for _, w := range group {
			w <- err
		}
	}
}
