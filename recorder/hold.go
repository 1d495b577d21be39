package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"syscall"

	"pratique/recorder/internal/holder"
)

// hold prepares the network namespace and keeps it until it is told to stop.
func hold(arguments []string) {
	// As PID 1 without a handler, a signal would be ignored.
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)

	flags := flag.NewFlagSet("hold", flag.ContinueOnError)
	address := flags.String("nameserver", "", "IPv4 address to make local and to receive queries at")
	discover := flags.Bool("discover", false, "make every address local, for the recorder to answer at")
	ready := flags.String("ready", "", "file to write the state to as well")
	if flags.Parse(arguments) != nil || flags.NArg() > 0 {
		os.Exit(exitUsage)
	}
	nameserver, err := netip.ParseAddr(*address)
	if err != nil || !nameserver.Is4() {
		complain(fmt.Errorf("--nameserver must be an IPv4 address, not %q", *address))
		os.Exit(exitUsage)
	}

	mode := holder.BlackHole
	if *discover {
		mode = holder.Discover
	}
	state, err := holder.Prepare(nameserver, mode)
	line, _ := json.Marshal(state)
	fmt.Println(string(line))
	if err == nil && *ready != "" {
		err = os.WriteFile(*ready, append(line, '\n'), 0o644)
	}
	if err != nil {
		complain(err)
		os.Exit(exitNotReady)
	}
	<-stop
}
