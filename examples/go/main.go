// A small web app with a second factor: sign in, enrol, confirm, recover. See ../README.md.
package main

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"otpd.dev/go"
	otpv1 "otpd.dev/go/pb/otp/v1"
)

//go:embed pages.tmpl
var pages string

//go:embed style.css
var style string

const policy = "default-src 'none'; img-src data:; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

type app struct {
	factors  *factors
	sessions *sessions
	pages    *template.Template
}

// view is what a page shows.
type view struct {
	Title, CSRF, Error, Code, Name, Secret string
	HasFactor                              bool
	Picture, URI                           template.URL
	Codes                                  []string
	Left                                   uint32
}

// visit is a request with its session.
type visit struct {
	*http.Request
	w http.ResponseWriter
	*session
}

func main() {
	// Plaintext is for a server on this machine: leave it out to use TLS.
	client, err := otpd.Connect(cmp.Or(os.Getenv("OTPD_ADDRESS"), "127.0.0.1:50051"), os.Getenv("OTPD_API_KEY"), otpd.WithPlaintext())
	if err != nil {
		log.Fatal(err)
	}
	a := &app{
		factors:  &factors{otpd: client, rows: map[int]factor{}},
		sessions: &sessions{known: map[string]*session{}},
		pages:    template.Must(template.New("").Parse(pages)),
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+cmp.Or(os.Getenv("PORT"), "3000"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s/\n", listener.Addr())
	log.Fatal((&http.Server{Handler: a.handler(), ReadTimeout: 10 * time.Second}).Serve(listener))
}

func (a *app) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("content-type", "text/css")
		fmt.Fprint(w, style)
	})
	for pattern, handle := range map[string]func(visit){
		"GET /{$}":             a.home,
		"POST /login":          a.login,
		"GET /code":            a.forHalf(func(v visit) { a.codePage(v, "", "") }),
		"POST /code":           a.forHalf(a.enterCode),
		"GET /recovery":        a.forHalf(func(v visit) { a.recoveryPage(v, "", "") }),
		"POST /recovery":       a.forHalf(a.enterRecoveryCode),
		"POST /setup":          a.withPassword(a.setUp),
		"POST /confirm":        a.turnOn,
		"POST /recovery-codes": a.withPassword(a.showRecoveryCodes),
		"POST /logout":         a.logOut,
		"/":                    func(v visit) { a.show(v, 404, "lost", view{Title: "Not found"}) },
	} {
		mux.HandleFunc(pattern, a.visited(handle))
	}
	return mux
}

func (a *app) visited(handle func(visit)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("cache-control", "no-store")
		header.Set("referrer-policy", "no-referrer")
		header.Set("x-content-type-options", "nosniff")
		header.Set("content-security-policy", policy)
		// A form has at most 8 KiB.
		r.Body = http.MaxBytesReader(w, r.Body, 8192)
		v := visit{r, w, a.sessions.of(w, r)}
		v.session.mu.Lock()
		defer v.session.mu.Unlock()
		if r.Method == http.MethodPost && !v.isOwnForm(r.PostFormValue("csrf")) {
			a.show(v, 403, "lost", view{Title: "Form expired"})
			return
		}
		handle(v)
	}
}

func (a *app) home(v visit) {
	if v.user != nil {
		a.homePage(v, "")
		return
	}
	a.loginPage(v, "")
}

func (a *app) login(v visit) {
	u := userWith(v.PostFormValue("name"), v.PostFormValue("password"))
	switch {
	case u == nil:
		a.loginPage(v, "That name and password do not fit.")
	case a.factors.has(u):
		a.sessions.signInByHalf(v.w, v.session, u)
		v.goTo("/code")
	default:
		a.sessions.signIn(v.w, v.session, u)
		v.goTo("/")
	}
}

func (a *app) enterCode(v visit) {
	u, code := v.halfUser(), v.PostFormValue("code")
	answer, err := a.factors.check(v.Context(), u, code, v.requestID(code))
	if err != nil {
		// Nothing was judged, as far as we know: the same code keeps its request id.
		report(err)
		a.codePage(v, unavailable, code)
		return
	}
	v.nextAttempt()
	if answer.GetStatus() != otpv1.VerifyStatus_VERIFY_STATUS_ACCEPTED {
		a.codePage(v, textOf(answer), "")
		return
	}
	a.sessions.signIn(v.w, v.session, u)
	v.goTo("/")
}

func (a *app) enterRecoveryCode(v visit) {
	u, code := v.halfUser(), v.PostFormValue("code")
	answer, err := a.factors.recover(v.Context(), u, code, v.requestID(code))
	if err != nil {
		report(err)
		a.recoveryPage(v, unavailable, code)
		return
	}
	v.nextAttempt()
	if answer.GetStatus() != otpv1.VerifyStatus_VERIFY_STATUS_ACCEPTED {
		a.recoveryPage(v, textOfRecovery(answer), "")
		return
	}
	a.sessions.signIn(v.w, v.session, u)
	a.show(v, 200, "recovered", view{Title: "Signed in by a recovery code", Left: answer.GetRemainingCount()})
}

func (a *app) setUp(v visit) {
	made, err := a.factors.begin(v.Context(), v.user)
	if err != nil {
		report(err)
		a.homePage(v, unavailable)
		return
	}
	v.session.pending = &made.pending
	v.nextAttempt()
	a.show(v, 200, "confirm", view{
		Title:   "Set up your app",
		Picture: template.URL(made.picture),
		URI:     template.URL(made.uri),
		Secret:  grouped(made.uri),
	})
}

func (a *app) turnOn(v visit) {
	code := v.PostFormValue("code")
	if v.user == nil || v.session.pending == nil {
		v.goTo("/")
		return
	}
	answer, err := a.factors.confirm(v.Context(), v.user, *v.session.pending, code, v.requestID(code))
	if err != nil {
		report(err)
		a.show(v, 200, "confirm", view{Title: "Set up your app", Error: unavailable})
		return
	}
	v.nextAttempt()
	if answer.GetStatus() != otpv1.VerifyStatus_VERIFY_STATUS_ACCEPTED {
		a.show(v, 200, "confirm", view{Title: "Set up your app", Error: textOf(answer)})
		return
	}
	v.session.pending = nil
	// The code is used up: this session has passed the second factor by it.
	a.sessions.signIn(v.w, v.session, v.user)
	a.showRecoveryCodes(v)
}

func (a *app) showRecoveryCodes(v visit) {
	codes, err := a.factors.renewRecoveryCodes(v.Context(), v.user)
	if err != nil {
		report(err)
		a.homePage(v, unavailable)
		return
	}
	a.show(v, 200, "codes", view{Title: "Your recovery codes", Codes: codes})
}

func (a *app) logOut(v visit) {
	a.sessions.signOut(v.session)
	v.goTo("/")
}

// forHalf lets only those pass whose password was right a short time ago.
func (a *app) forHalf(handle func(visit)) func(visit) {
	return func(v visit) {
		if v.halfUser() == nil {
			v.goTo("/")
			return
		}
		handle(v)
	}
}

// withPassword asks for the password again: a browser that was left open is not enough to change the second factor.
func (a *app) withPassword(handle func(visit)) func(visit) {
	return func(v visit) {
		switch {
		case v.user == nil:
			v.goTo("/")
		case userWith(v.user.name, v.PostFormValue("password")) != v.user:
			a.homePage(v, "That password is not right.")
		default:
			handle(v)
		}
	}
}

func (a *app) loginPage(v visit, err string) {
	a.show(v, 200, "login", view{Title: "Sign in", Error: err})
}

func (a *app) codePage(v visit, err, code string) {
	a.show(v, 200, "code", view{Title: "Enter your code", Error: err, Code: code})
}

func (a *app) recoveryPage(v visit, err, code string) {
	a.show(v, 200, "recovery", view{Title: "Use a recovery code", Error: err, Code: code})
}

func (a *app) homePage(v visit, err string) {
	a.show(v, 200, "home", view{Title: "Your account", Error: err, Name: v.user.name, HasFactor: a.factors.has(v.user)})
}

func (a *app) show(v visit, status int, name string, page view) {
	page.CSRF = v.csrf
	v.w.Header().Set("content-type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	if err := a.pages.ExecuteTemplate(v.w, name, page); err != nil {
		log.Print(err)
	}
}

func (v visit) goTo(path string) { http.Redirect(v.w, v.Request, path, http.StatusSeeOther) }

// report writes an error of otpd, which names no secret and no code. Only Unavailable and DeadlineExceeded pass by themselves: have the others
// alert somebody.
func report(err error) { log.Print(err) }

// grouped is the secret in groups of four, for a phone that cannot scan its own screen.
func grouped(uri string) string {
	parsed, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	secret := parsed.Query().Get("secret")
	var groups []string
	for start := 0; start < len(secret); start += 4 {
		groups = append(groups, secret[start:min(start+4, len(secret))])
	}
	return strings.Join(groups, " ")
}
