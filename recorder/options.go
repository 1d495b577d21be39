package main

import (
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// options are the flags of "run" and the program to start.
type options struct {
	record     string
	timeLimit  time.Duration
	grace      time.Duration
	allow      list
	nameserver netip.Addr
	search     list
	outputs    string
	scratch    string
	reads      string
	release    list
	argv       []string
}

// list is a flag that may be repeated.
type list []string

func (l *list) String() string         { return strings.Join(*l, " ") }
func (l *list) Set(value string) error { *l = append(*l, value); return nil }

func parseOptions(arguments []string) (options, error) {
	var o options
	var nameserver string
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.StringVar(&o.record, "record", "", "folder for recording.json")
	flags.DurationVar(&o.timeLimit, "time-limit", 0, "end the program after this time; 0 means never")
	flags.DurationVar(&o.grace, "grace", 5*time.Second, "time between SIGTERM and SIGKILL")
	flags.Var(&o.allow, "allow", "folder where writing is allowed")
	flags.StringVar(&nameserver, "nameserver", "", "address that the holder receives queries at")
	flags.Var(&o.search, "search", "search domain of resolv.conf")
	flags.StringVar(&o.outputs, "outputs", "", "folder whose files are counted at the end")
	flags.StringVar(&o.scratch, "scratch", "", "folder whose size is followed")
	flags.StringVar(&o.reads, "reads", "", "folder whose files are noted when they are opened")
	flags.Var(&o.release, "release", "folder to make accessible to everybody at the end")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	o.argv = flags.Args()
	if len(o.argv) == 0 {
		return o, errors.New("no program was given")
	}
	if nameserver != "" {
		address, err := netip.ParseAddr(nameserver)
		if err != nil {
			return o, fmt.Errorf("--nameserver: %w", err)
		}
		o.nameserver = address
	}
	return o, nil
}
