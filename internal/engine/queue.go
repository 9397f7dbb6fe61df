package engine

import "sync"

// queue is a queue of events without bound. put never waits.
type queue struct {
	mu     sync.Mutex
	cond   *sync.Cond
	events []stamped
	closed bool
}

func newQueue() *queue {
	q := &queue{}
	q.cond = sync.NewCond(&q.mu)
	return q
}

func (q *queue) put(e stamped) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.events = append(q.events, e)
	q.cond.Signal()
}

// close says that nothing more comes.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.cond.Signal()
}

// drain calls f for each event in order, until the queue is closed and empty.
func (q *queue) drain(f func(stamped)) {
	for {
		q.mu.Lock()
		for len(q.events) == 0 && !q.closed {
			q.cond.Wait()
		}
		batch := q.events
		q.events = nil
		q.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		for _, e := range batch {
			f(e)
		}
	}
}
