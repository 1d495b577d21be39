package program

import (
	"runtime"
	"sync"
)

// enough for all that wait in the kernel at once: four workers, the one that forked, name server, tap, sampler, whoever
// waits for processes and signals, snapshots, and those that Go keeps for its processors.
const enough = 24

// reserve starts threads that are wanted later. Go ends the process where it can start none, and by then the program may
// have used up the container's limit on processes. Go keeps idle threads for ever.
func reserve(threads int) {
	var held, free sync.WaitGroup
	held.Add(threads)
	free.Add(threads)
	let := make(chan struct{})
	for i := 0; i < threads; i++ {
		go func() {
			runtime.LockOSThread() // one for itself
			held.Done()
			<-let
			runtime.UnlockOSThread() // without this, the thread would end with the function
			free.Done()
		}()
	}
	held.Wait()
	close(let)
	free.Wait()
}
