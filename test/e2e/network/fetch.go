package main

import (
	"fmt"
	"net/http"
	"time"
)

func main() {
	started := time.Now()
	client := http.Client{Timeout: 6 * time.Second}
	if answer, err := client.Get("https://go.example.org/models/go.bin"); err == nil {
		answer.Body.Close()
	}
	fmt.Printf("seconds %.3f\n", time.Since(started).Seconds())
}
