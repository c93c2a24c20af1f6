package main

import (
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	cookieName = "session"
	// More than a demonstration needs: strangers cannot fill the memory.
	mostSessions = 1000
	halfFor      = 10 * time.Minute
)

// session is in memory. A browser has its id in a cookie, and nothing else.
type session struct {
	// The requests of a browser are served one after the other.
	mu sync.Mutex
	id string
	// Is in every form: another site cannot know it.
	csrf string
	// Signed in, with all that the user has to show.
	user *user
	// The password was right, and the code is to come, until halfUntil.
	half      *user
	halfUntil time.Time
	pending   *pending
	// Names the attempt to come, see requestID.
	attempt string
}

type sessions struct {
	mu    sync.Mutex
	known map[string]*session
}

// of is the session of a request; a new one if it has none.
func (s *sessions) of(w http.ResponseWriter, r *http.Request) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cookie, err := r.Cookie(cookieName); err == nil && s.known[cookie.Value] != nil {
		return s.known[cookie.Value]
	}
	found := &session{csrf: rand.Text(), attempt: rand.Text()}
	s.keep(w, found)
	return found
}

// signIn signs a user in. The id changes, so that an id from before the login is worth nothing.
func (s *sessions) signIn(w http.ResponseWriter, of *session, u *user) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of.user, of.half, of.attempt = u, nil, rand.Text()
	s.keep(w, of)
}

// signInByHalf remembers that the password was right. That alone opens nothing but the page for the code.
func (s *sessions) signInByHalf(w http.ResponseWriter, of *session, u *user) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of.user, of.half, of.halfUntil, of.attempt = nil, u, time.Now().Add(halfFor), rand.Text()
	s.keep(w, of)
}

func (s *sessions) signOut(of *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, of.id)
}

// keep keeps a session under a new id. Behind TLS add Secure, and call the cookie __Host-session.
func (s *sessions) keep(w http.ResponseWriter, of *session) {
	delete(s.known, of.id)
	for id := range s.known {
		if len(s.known) < mostSessions {
			break
		}
		delete(s.known, id)
	}
	of.id = rand.Text()
	s.known[of.id] = of
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: of.id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// halfUser is the user whose password was right a short time ago.
func (s *session) halfUser() *user {
	if time.Now().After(s.halfUntil) {
		return nil
	}
	return s.half
}

func (s *session) isOwnForm(csrf string) bool {
	return subtle.ConstantTimeCompare([]byte(csrf), []byte(s.csrf)) == 1
}

// requestID is the request id of an attempt: the same for the same code until attempt is renewed. If an answer is lost, and the user sends the
// form again, otpd gives the first answer instead of "already used". It is a UUID by name (RFC 9562 section 5.5).
func (s *session) requestID(code string) string {
	b := sha1.Sum([]byte(s.attempt + code))
	b[6] = b[6]&0x0f | 0x50
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

func (s *session) nextAttempt() { s.attempt = rand.Text() }
