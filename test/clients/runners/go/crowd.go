package main

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"google.golang.org/protobuf/encoding/protojson"

	"otpd.dev/go"
	otpv1 "otpd.dev/go/pb/otp/v1"
)

// A try of a request.
type try struct {
	Caller  int    `json:"caller"`
	Request int    `json:"request"`
	Code    string `json:"code"`
	Status  string `json:"status,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// Has all callers of the crowd call at once, through a client that batches.
func (c config) callTogether(output *json.Encoder) error {
	client, err := otpd.Connect(c.Servers["plain"].Address, c.Keys["full"], otpd.WithPlaintext(), otpd.WithBatching())
	if err != nil {
		return err
	}
	defer client.Close()
	tries := make(chan try)
	failures := make(chan error, len(c.Crowd))
	var callers sync.WaitGroup
	for caller, requests := range c.Crowd {
		callers.Go(func() {
			if err := callInTurn(client, caller, requests, tries); err != nil {
				failures <- err
			}
		})
	}
	go func() {
		callers.Wait()
		close(tries)
	}()
	for each := range tries {
		if err := output.Encode(each); err != nil {
			return err
		}
	}
	close(failures)
	return <-failures
}

func callInTurn(client *otpd.Client, caller int, requests []json.RawMessage, tries chan<- try) error {
	for index, text := range requests {
		request := &otpv1.VerifyRequest{}
		if err := protojson.Unmarshal(text, request); err != nil {
			return err
		}
		for again := true; again; {
			result := try{Caller: caller, Request: index, Code: "OK"}
			response, err := client.Verify(context.Background(), request)
			if failed, ok := errors.AsType[*otpd.Error](err); ok {
				described := failedLine(failed)
				result.Code, result.Reason = described.Code, described.Error.Reason
			} else if err != nil {
				return err
			} else {
				result.Status = response.GetStatus().String()
			}
			tries <- result
			again = result.Code == "UNAVAILABLE" || result.Code == "DEADLINE_EXCEEDED"
		}
	}
	return nil
}
