package detect

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// sideBySide calls do with 0 to n-1, as many at once as there are processors;
// each may write only what is its own. It panics as the first do did.
func sideBySide(n int, do func(i int)) {
	var wg sync.WaitGroup
	var next atomic.Int64
	var failed atomic.Pointer[any]
	for range min(runtime.GOMAXPROCS(0), n) {
		wg.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					failed.CompareAndSwap(nil, &p)
				}
			}()
			for i := next.Add(1) - 1; i < int64(n) && failed.Load() == nil; i = next.Add(1) - 1 {
				do(int(i))
			}
		})
	}
	wg.Wait()
	if p := failed.Load(); p != nil {
		panic(*p) // where the caller's recover sees it
	}
}

// steps counts what is done side by side.
type steps struct {
	mu   sync.Mutex
	done int
}

// tell says that one more is done; to is not called twice at once.
func (s *steps) tell(to func(done int)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	to(s.done)
	s.done++
}
