package bolt

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jate-cva/jate/fault"
)

// writeUntilFull is a process whose file may not grow past what it is, and that
// says what its store answers.
func writeUntilFull(path string) error {
	db, err := Open(path, Options{Logger: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		return err
	}
	defer db.Close()
	ctx := context.Background()
	if err := db.Update(ctx, put("before", "v")); err != nil {
		return err
	}
	if err := limitFile(walPath(path, 1)); err != nil {
		return err
	}
	big := func(tx *Tx) error { return tx.put(bucketA, []byte("big"), make([]byte, valueBytesMax)) }
	inside, goOn := make(chan struct{}), make(chan struct{})
	first := make(chan error)
	go func() {
		first <- db.Update(ctx, func(tx *Tx) error { close(inside); <-goOn; return big(tx) })
	}()
	<-inside
	wait := enqueue(db, put("same batch", "v"), func(*Tx) error { return errRefused })
	close(goOn)
	say := func(what string, err error) {
		code := "none"
		if f := fault.Of(err); f != nil {
			code = f.Kind.String() + "/" + f.Code
		}
		fmt.Println(what, code)
	}
	say("first", <-first)
	for _, err := range wait() {
		say("same batch", err)
	}
	<-db.Failed()
	say("update", db.Update(ctx, put("later", "v")))
	say("view", db.View(ctx, func(*Tx) error { return nil }))
	say("check", db.Check())
	say("close", db.Close())
	return nil
}

// After a commit failed nothing is answered from memory, and the file holds
// what it held before.
func TestDB_commitFails(t *testing.T) {
	path := t.TempDir() + "/store"
	cmd := exec.Command(os.Args[0], path)
	cmd.Env = append(os.Environ(), child+"=full")
	var said, log strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &log
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, log.String())
	}
	const want = `first unavailable/store_outcome_unknown
same batch unavailable/store_outcome_unknown
same batch unavailable/store_outcome_unknown
update unavailable/store_failed
view unavailable/store_failed
check unavailable/store_failed
close none
`
	if diff := cmp.Diff(want, said.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if !strings.Contains(log.String(), "file too large") {
		t.Errorf("the log does not give the disk's reason: %s", log.String())
	}
	db := open(t, path, Options{})
	if _, found := value(t, db, bucketA, "before"); !found {
		t.Error("what was acknowledged before is lost")
	}
	for _, k := range []string{"big", "same batch", "later"} {
		if _, found := value(t, db, bucketA, k); found {
			t.Errorf("%q is there", k)
		}
	}
	if err := db.Check(); err != nil {
		t.Error(err)
	}
}
