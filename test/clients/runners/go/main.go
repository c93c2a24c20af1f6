// Runs the cases of the scenario with the Go client, and prints a line of JSON for each step: see test/clients/README.md.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"otpd.dev/go"
	otpv1 "otpd.dev/go/pb/otp/v1"
)

type config struct {
	Servers map[string]server
	Keys    map[string]string
	Cases   []struct {
		Name  string
		Steps []step
	}
}

type step struct {
	RPC              string
	Server           string
	Key              string
	Request          json.RawMessage
	ClientDeadlineMS *int `json:"client_deadline_ms"`
	DeadlineMS       int  `json:"deadline_ms"`
	Take             int
	Repeat           int
	Save             map[string]string
}

// One line of the output.
type line struct {
	Case     string          `json:"case"`
	Step     int             `json:"step"`
	Code     string          `json:"code"`
	Response json.RawMessage `json:"response,omitempty"`
	Error    *failure        `json:"error,omitempty"`
	Message  string          `json:"message,omitempty"`
}

type failure struct {
	Reason     string   `json:"reason"`
	Violations []string `json:"violations"`
	RetryDelay bool     `json:"retry_delay"`
	RequestID  bool     `json:"request_id"`
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var config config
	if err := json.Unmarshal(text, &config); err != nil {
		return err
	}
	clients := map[whom]*otpd.Client{}
	output := json.NewEncoder(os.Stdout)
	output.SetEscapeHTML(false)
	for _, c := range config.Cases {
		saved := map[string]string{}
		for index, step := range c.Steps {
			result, err := config.outcome(clients, step, saved)
			if err != nil {
				return fmt.Errorf("%s, step %d: %w", c.Name, index, err)
			}
			result.Case, result.Step = c.Name, index
			if err := output.Encode(result); err != nil {
				return err
			}
		}
	}
	return nil
}

// Calls as often as the step says; only a broken step is an error here, a failed call is a result.
func perform(client *otpd.Client, step step, saved map[string]string) (line, error) {
	request := string(step.Request)
	for name, value := range saved {
		request = strings.ReplaceAll(request, "${"+name+"}", value)
	}
	var response json.RawMessage
	var err error
	for range max(step.Repeat, 1) {
		response, err = call(client, step, []byte(request))
	}
	if failed, ok := errors.AsType[*otpd.Error](err); ok {
		return failedLine(failed), nil
	}
	for name, path := range step.Save {
		if err == nil {
			saved[name], err = lookUp(response, path)
		}
	}
	return line{Code: "OK", Response: response}, err
}

func call(client *otpd.Client, step step, request []byte) (json.RawMessage, error) {
	ctx := context.Background()
	if step.DeadlineMS > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(step.DeadlineMS)*time.Millisecond)
		defer cancel()
	}
	switch step.RPC {
	case "Generate":
		message := &otpv1.GenerateRequest{}
		return unary(request, message, func() (proto.Message, error) { return client.Generate(ctx, message) })
	case "Token":
		message := &otpv1.TokenRequest{}
		return unary(request, message, func() (proto.Message, error) { return client.Token(ctx, message) })
	case "Verify":
		message := &otpv1.VerifyRequest{}
		return unary(request, message, func() (proto.Message, error) { return client.Verify(ctx, message) })
	case "WatchToken":
		return watch(ctx, client, request, step.Take)
	}
	return nil, fmt.Errorf("no RPC is called %q", step.RPC)
}

func unary(text []byte, request proto.Message, send func() (proto.Message, error)) (json.RawMessage, error) {
	if err := protojson.Unmarshal(text, request); err != nil {
		return nil, err
	}
	response, err := send()
	if err != nil {
		return nil, err
	}
	return compact(response)
}

func watch(ctx context.Context, client *otpd.Client, text []byte, take int) (json.RawMessage, error) {
	request := &otpv1.WatchTokenRequest{}
	if err := protojson.Unmarshal(text, request); err != nil {
		return nil, err
	}
	messages := []json.RawMessage{}
	for response, err := range client.WatchToken(ctx, request) {
		if err != nil {
			return nil, err
		}
		message, err := compact(response)
		if err != nil {
			return nil, err
		}
		if messages = append(messages, message); len(messages) == take {
			break
		}
	}
	return json.Marshal(map[string]any{"messages": messages})
}

func compact(message proto.Message) (json.RawMessage, error) {
	text, err := protojson.Marshal(message)
	if err != nil {
		return nil, err
	}
	// protojson varies its spaces on purpose.
	var buffer bytes.Buffer
	err = json.Compact(&buffer, text)
	return buffer.Bytes(), err
}

func failedLine(e *otpd.Error) line {
	violations := []string{}
	for _, violation := range e.FieldViolations {
		violations = append(violations, violation.Field)
	}
	slices.Sort(violations)
	return line{
		Code:  code.Code_name[int32(e.Code)],
		Error: &failure{e.Reason, violations, e.RetryDelay > 0, e.RequestID != ""},
	}
}

// The value at a path such as "token.code", as the inside of a JSON string.
func lookUp(response json.RawMessage, path string) (string, error) {
	var value any
	if err := json.Unmarshal(response, &value); err != nil {
		return "", err
	}
	for name := range strings.SplitSeq(path, ".") {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	if value == nil {
		return "", fmt.Errorf("the response has nothing at %s", path)
	}
	text, err := json.Marshal(fmt.Sprint(value))
	return strings.Trim(string(text), `"`), err
}
