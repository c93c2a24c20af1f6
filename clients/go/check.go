package otpd

import (
	"crypto/x509"
	"errors"
	"fmt"
	"regexp"
)

var (
	blank = regexp.MustCompile(`^$|\s`)
	// Unlike the names of gRPC's own resolvers, such as dns:///host:port.
	url = regexp.MustCompile(`://([^/]|$)`)
	// A socket has none.
	withPort = regexp.MustCompile(`^unix:|:\d{1,5}$`)
	// Metadata can carry nothing else; the key itself is never part of an error.
	printable = regexp.MustCompile(`^[!-~]+$`)
)

// Without these checks every call would fail, or worse: plaintext would win over TLS, and an empty pool trusts no server.
func check(address, apiKey string, s settings) error {
	switch {
	case blank.MatchString(address) || url.MatchString(address) || !withPort.MatchString(address):
		return errors.New("otpd: address must be host:port: no URL, no white space, and with its port")
	case !printable.MatchString(apiKey):
		return errors.New("otpd: apiKey must be an API key: check for an unset variable, and for a line break at its end")
	case s.deadline <= 0 || s.deadline > MaxDeadline:
		return fmt.Errorf("otpd: WithDeadline must be above 0 and at most %v", MaxDeadline)
	case s.plaintext && s.overTLS:
		return errors.New("otpd: WithPlaintext and WithTLS contradict each other: leave out either")
	case s.tls != nil && !s.tls.InsecureSkipVerify && s.tls.RootCAs != nil && s.tls.RootCAs.Equal(x509.NewCertPool()):
		return errors.New("otpd: WithTLS has RootCAs without a certificate: AppendCertsFromPEM says whether it found one")
	}
	return nil
}
