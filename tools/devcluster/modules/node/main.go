// Command node is the first process of a namespace: of every pod (as the pause
// image) and, given a folder, of the whole devcluster node.
//
// It adopts and reaps orphans until it is told to stop. In the folder it makes
// every new entry writable for all: Kubernetes' host-path provisioner creates
// volumes that only root can write, and does not apply a pod's fsGroup to them.
package main

import (
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

func main() {
	if len(os.Args) > 1 {
		if err := openNewEntries(os.Args[1]); err != nil {
			os.Stderr.WriteString("node: cannot watch " + os.Args[1] + ": " + err.Error() + "\n")
			os.Exit(1)
		}
	}
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGCHLD, syscall.SIGINT, syscall.SIGTERM)
	for received := range signals {
		if received != syscall.SIGCHLD {
			return
		}
		reap()
	}
}

func reap() {
	for {
		pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		if err != syscall.EINTR && (err != nil || pid <= 0) {
			return
		}
	}
}

func openNewEntries(folder string) error {
	watch, err := syscall.InotifyInit1(syscall.IN_CLOEXEC)
	if err != nil {
		return err
	}
	if _, err := syscall.InotifyAddWatch(watch, folder, syscall.IN_CREATE|syscall.IN_MOVED_TO); err != nil {
		return err
	}
	openAll(folder)
	go func() {
		events := make([]byte, 64*1024)
		for {
			// What happened does not matter: looking at every entry cannot miss one.
			if count, err := syscall.Read(watch, events); err != syscall.EINTR && (err != nil || count <= 0) {
				return
			}
			openAll(folder)
		}
	}()
	return nil
}

func openAll(folder string) {
	entries, _ := os.ReadDir(folder)
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && info.IsDir() && info.Mode().Perm() == 0o750 {
			_ = os.Chmod(filepath.Join(folder, entry.Name()), 0o777)
		}
	}
}
