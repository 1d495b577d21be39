// Writes a small database in the form of Trivy's, from advisories in a JSON file: {"buckets": {...}}, folder by folder.
package main

import (
	"encoding/json"
	"log"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: trivy-db <advisories.json> <folder>")
	}
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var document struct {
		Metadata json.RawMessage            `json:"metadata"`
		Buckets  map[string]json.RawMessage `json:"buckets"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		log.Fatal(err)
	}
	folder := os.Args[2]
	db, err := bolt.Open(filepath.Join(folder, "trivy.db"), 0o644, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	err = db.Update(func(tx *bolt.Tx) error {
		for name, content := range document.Buckets {
			bucket, err := tx.CreateBucketIfNotExists([]byte(name))
			if err != nil {
				return err
			}
			if err := fill(bucket, name, content); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "metadata.json"), document.Metadata, 0o644); err != nil {
		log.Fatal(err)
	}
}

// Advisories lie two levels deep (distribution, package, id); details and sources one.
func fill(bucket *bolt.Bucket, name string, content json.RawMessage) error {
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(content, &entries); err != nil {
		return err
	}
	for key, value := range entries {
		if name == "vulnerability" || name == "data-source" {
			if err := bucket.Put([]byte(key), value); err != nil {
				return err
			}
			continue
		}
		inner, err := bucket.CreateBucketIfNotExists([]byte(key))
		if err != nil {
			return err
		}
		var advisories map[string]json.RawMessage
		if err := json.Unmarshal(value, &advisories); err != nil {
			return err
		}
		for id, advisory := range advisories {
			if err := inner.Put([]byte(id), advisory); err != nil {
				return err
			}
		}
	}
	return nil
}
