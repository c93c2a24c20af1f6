package main

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math"
	"os"
	"strings"
	"time"

	"otpd.dev/go"
)

type server struct {
	Address, CA, Cert, Key string
	Plaintext              bool
}

// A client is made once for all steps that name the same.
type whom struct {
	server, key string
	deadline    time.Duration // zero, too, is one that can be asked for
	own         bool
	admin       bool
}

// The line of a step. A client that cannot be made is a refusal, since the files of a server are all there.
func (c config) outcome(clients map[whom]any, step step, saved map[string]string) (line, error) {
	who := whom{server: cmp.Or(step.Server, "plain"), key: cmp.Or(step.Key, "full"), admin: strings.HasPrefix(step.RPC, "admin.")}
	if step.ClientDeadlineMS != nil {
		who.deadline, who.own = time.Duration(min(*step.ClientDeadlineMS, math.MaxInt64/1_000_000))*time.Millisecond, true
	}
	if clients[who] == nil || step.Closed {
		server := c.Servers[who.server]
		options, err := server.options()
		if err != nil {
			return line{}, err
		}
		if who.own {
			options = append(options, otpd.WithDeadline(who.deadline))
		}
		var client any
		if who.admin {
			client, err = otpd.ConnectAdmin(server.Address, c.Keys[who.key], options...)
		} else {
			client, err = otpd.Connect(server.Address, c.Keys[who.key], options...)
		}
		if err != nil {
			return line{Code: "REFUSED", Message: err.Error()}, nil
		}
		if step.Closed {
			if err := client.(io.Closer).Close(); err != nil {
				return line{}, err
			}
			return perform(client, step, saved)
		}
		clients[who] = client
	}
	return perform(clients[who], step, saved)
}

func (s server) options() ([]otpd.Option, error) {
	var options []otpd.Option
	if s.Plaintext || s.CA == "" {
		options = append(options, otpd.WithPlaintext())
	}
	config := &tls.Config{}
	if s.CA != "" {
		authority, err := os.ReadFile(s.CA)
		if err != nil {
			return nil, err
		}
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AppendCertsFromPEM(authority)
	}
	if s.Cert != "" {
		certificate, err := tls.LoadX509KeyPair(s.Cert, s.Key)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{certificate}
	}
	if s.CA != "" || s.Cert != "" {
		options = append(options, otpd.WithTLS(config))
	}
	return options, nil
}
