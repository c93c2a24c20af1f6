package otpd

import (
	"crypto/tls"
	"crypto/x509"
	"math"
	"strings"
	"testing"
	"time"
)

func TestRefusesByNameWhatCannotBeUsed(t *testing.T) {
	empty := &tls.Config{RootCAs: x509.NewCertPool()}
	for _, c := range []struct {
		address, apiKey string
		options         []Option
		names           []string
	}{
		{"", apiKey, nil, []string{"address"}},
		{" ", apiKey, nil, []string{"address"}},
		{"a:1\n", apiKey, nil, []string{"address"}},
		{"https://a:1", apiKey, nil, []string{"address"}},
		{"https://", apiKey, nil, []string{"address"}},
		{"a", apiKey, nil, []string{"address"}},
		{"[::1]", apiKey, nil, []string{"address"}},
		{"dns:///a", apiKey, nil, []string{"address"}},
		{"a:1", "", nil, []string{"apiKey"}},
		{"a:1", apiKey + "\n", nil, []string{"apiKey"}},
		{"a:1", apiKey + "é", nil, []string{"apiKey"}},
		{"a:1", apiKey, []Option{WithDeadline(0)}, []string{"WithDeadline"}},
		{"a:1", apiKey, []Option{WithDeadline(-1)}, []string{"WithDeadline"}},
		{"a:1", apiKey, []Option{WithDeadline(math.MinInt64)}, []string{"WithDeadline"}},
		{"a:1", apiKey, []Option{WithDeadline(MaxDeadline + 1)}, []string{"WithDeadline", "24h"}},
		{"a:1", apiKey, []Option{WithDeadline(math.MaxInt64)}, []string{"WithDeadline"}},
		{"a:1", apiKey, []Option{WithTLS(&tls.Config{}), WithPlaintext()}, []string{"WithTLS", "WithPlaintext"}},
		{"a:1", apiKey, []Option{WithPlaintext(), WithTLS(nil)}, []string{"WithTLS", "WithPlaintext"}},
		{"a:1", apiKey, []Option{WithTLS(empty)}, []string{"WithTLS", "RootCAs"}},
	} {
		_, err := Connect(c.address, c.apiKey, c.options...)
		if err == nil || strings.Contains(err.Error(), apiKey) {
			t.Errorf("%v: got %v", c.names, err)
			continue
		}
		for _, name := range c.names {
			if !strings.Contains(err.Error(), name) {
				t.Errorf("got %q, which does not name %s", err, name)
			}
		}
	}
}

func TestTakesWhatCanBeUsed(t *testing.T) {
	unchecked := &tls.Config{RootCAs: x509.NewCertPool(), InsecureSkipVerify: true}
	for _, address := range []string{"a:1", "[::1]:1", "dns:///a:1", "unix:///run/otpd.sock"} {
		for _, option := range []Option{WithPlaintext(), WithTLS(nil), WithTLS(unchecked), WithDeadline(time.Nanosecond), WithDeadline(MaxDeadline)} {
			client, err := Connect(address, apiKey, option)
			if err != nil {
				t.Fatal(err)
			}
			client.Close()
		}
	}
}
