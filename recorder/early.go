package main

// This file must stay the first by name, and import nothing else: up to Go 1.20 that makes this package the first to be
// initialized.
import _ "pratique/recorder/internal/limits"
