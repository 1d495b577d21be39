// Package limits keeps the limit on open files as the engine set it: package os raises it as soon as it is loaded.
package limits
