// Runs the cases of the scenario with the Go client, and prints a line of JSON for each step: see test/clients/README.md.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
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
	Crowd [][]json.RawMessage
}

type step struct {
	RPC              string
	Server           string
	Key              string
	Request          json.RawMessage
	ClientDeadlineMS *int `json:"client_deadline_ms"`
	DeadlineMS       int  `json:"deadline_ms"`
	Take             int
	Headers          []string
	Closed           bool
	Text             bool
	Repeat           int
	Save             map[string]string
}

// A line of the output.
type line struct {
	Case     string            `json:"case"`
	Step     int               `json:"step"`
	Code     string            `json:"code"`
	Response json.RawMessage   `json:"response,omitempty"`
	Headers  map[string]string `json:"headers,omitempty"`
	Text     string            `json:"text,omitempty"`
	Error    *failure          `json:"error,omitempty"`
	Message  string            `json:"message,omitempty"`
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
	clients := map[whom]any{}
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
	return config.callTogether(output)
}

// Calls as often as the step says; only a broken step is an error here, a failed call is a result.
func perform(caller any, step step, saved map[string]string) (line, error) {
	request := string(step.Request)
	for name, value := range saved {
		request = strings.ReplaceAll(request, "${"+name+"}", value)
	}
	var response json.RawMessage
	var header metadata.MD
	var err error
	for range max(step.Repeat, 1) {
		response, err = call(caller, step, []byte(request), &header)
	}
	if failed, ok := errors.AsType[*otpd.Error](err); ok {
		result := failedLine(failed)
		if step.Text {
			result.Text = failed.Error()
		}
		return result, nil
	}
	for name, path := range step.Save {
		if err == nil {
			saved[name], err = lookUp(response, path)
		}
	}
	result := line{Code: "OK", Response: response}
	if len(step.Headers) > 0 {
		result.Headers = map[string]string{}
		for _, name := range step.Headers {
			result.Headers[name] = strings.Join(header.Get(name), ", ")
		}
	}
	return result, err
}

func call(caller any, step step, request []byte, header *metadata.MD) (json.RawMessage, error) {
	ctx := context.Background()
	if step.DeadlineMS > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(step.DeadlineMS)*time.Millisecond)
		defer cancel()
	}
	if step.RPC == "WatchToken" {
		return watch(ctx, caller.(*otpd.Client), request, step.Take)
	}
	return unary(ctx, caller, strings.ReplaceAll(strings.TrimPrefix(step.RPC, "admin."), "ApiKey", "APIKey"), request, header)
}

// Calls a method by its name; one without a request takes options alone.
func unary(ctx context.Context, caller any, name string, text []byte, header *metadata.MD) (json.RawMessage, error) {
	method := reflect.ValueOf(caller).MethodByName(name)
	if !method.IsValid() {
		return nil, fmt.Errorf("no RPC is called %q", name)
	}
	arguments := []reflect.Value{reflect.ValueOf(ctx)}
	if method.Type().NumIn() == 3 {
		request := reflect.New(method.Type().In(1).Elem())
		if err := protojson.Unmarshal(text, request.Interface().(proto.Message)); err != nil {
			return nil, err
		}
		arguments = append(arguments, request)
	}
	results := method.Call(append(arguments, reflect.ValueOf(grpc.Header(header))))
	if err, ok := results[1].Interface().(error); ok {
		return nil, err
	}
	return compact(results[0].Interface().(proto.Message))
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
	reason := ""
	if e.Reason != otpv1.ErrorReason_ERROR_REASON_UNSPECIFIED {
		reason = e.Reason.String()
	}
	return line{
		Code:  code.Code_name[int32(e.Code)],
		Error: &failure{reason, violations, e.RetryDelay > 0, e.RequestID != ""},
	}
}

// The value at a path such as "token.code", as the inside of a JSON string.
func lookUp(response json.RawMessage, path string) (string, error) {
	var value any
	if err := json.Unmarshal(response, &value); err != nil {
		return "", err
	}
	for name := range strings.SplitSeq(path, ".") {
		switch inner := value.(type) {
		case map[string]any:
			value = inner[name]
		case []any:
			place, err := strconv.Atoi(name)
			if err != nil || place >= len(inner) {
				return "", fmt.Errorf("the response has nothing at %s", path)
			}
			value = inner[place]
		default:
			value = nil
		}
	}
	if value == nil {
		return "", fmt.Errorf("the response has nothing at %s", path)
	}
	text, err := json.Marshal(fmt.Sprint(value))
	return strings.Trim(string(text), `"`), err
}
