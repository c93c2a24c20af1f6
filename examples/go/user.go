package main

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
)

// user is in memory: a product has a database.
type user struct {
	id   int
	name string
	// Counts the apps that the user has confirmed; a part of the context of each sealed key.
	totpGeneration int
}

type account struct {
	user       *user
	salt, hash []byte
}

var accounts = map[string]account{
	"alice@example.com": newAccount(&user{id: 1, name: "alice@example.com"}),
	"bob@example.com":   newAccount(&user{id: 2, name: "bob@example.com"}),
}

func newAccount(u *user) account {
	salt := []byte(rand.Text())
	return account{u, salt, hash("correct horse", salt)}
}

// userWith is the user with this name and password, or nil. An unknown name takes as long as a known one.
func userWith(name, password string) *user {
	a, known := accounts[name]
	if !known {
		a = account{nil, []byte(rand.Text()), make([]byte, sha256.Size)}
	}
	if subtle.ConstantTimeCompare(hash(password, a.salt), a.hash) != 1 {
		return nil
	}
	return a.user
}

func hash(password string, salt []byte) []byte {
	key, err := pbkdf2.Key(sha256.New, password, salt, 600_000, sha256.Size)
	if err != nil {
		panic(err)
	}
	return key
}
