package otpd

import (
	"context"
	"errors"
	"net"
	"regexp"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	otpv1 "otpd.dev/go/pb/otp/v1"
)

const apiKey = "otpd_abcdef_notakey"

// A service that notes what reaches it, and fails as the test wants.
type service struct {
	otpv1.UnimplementedOtpServiceServer
	failures  []error // of the first calls, in order
	ids       []string
	keys      []string
	remaining []time.Duration
	left      chan struct{}
}

func (s *service) Verify(ctx context.Context, request *otpv1.VerifyRequest) (*otpv1.VerifyResponse, error) {
	incoming, _ := metadata.FromIncomingContext(ctx)
	s.ids = append(s.ids, request.GetRequestId())
	s.keys = append(s.keys, incoming.Get("x-api-key")...)
	deadline, _ := ctx.Deadline()
	s.remaining = append(s.remaining, time.Until(deadline))
	if len(s.ids) <= len(s.failures) {
		return nil, s.failures[len(s.ids)-1]
	}
	return &otpv1.VerifyResponse{Valid: true, Status: otpv1.VerifyStatus_VERIFY_STATUS_ACCEPTED}, nil
}

func (s *service) Generate(context.Context, *otpv1.GenerateRequest) (*otpv1.GenerateResponse, error) {
	return &otpv1.GenerateResponse{Secret: "JBSWY3DPEHPK3PXP"}, nil
}

func (s *service) VerifyRecoveryCode(_ context.Context, request *otpv1.VerifyRecoveryCodeRequest) (*otpv1.VerifyRecoveryCodeResponse, error) {
	s.ids = append(s.ids, request.GetRequestId())
	if len(s.ids) <= len(s.failures) {
		return nil, s.failures[len(s.ids)-1]
	}
	return &otpv1.VerifyRecoveryCodeResponse{Valid: true}, nil
}

func (s *service) WatchToken(_ *otpv1.WatchTokenRequest, stream grpc.ServerStreamingServer[otpv1.WatchTokenResponse]) error {
	for range 3 {
		if err := stream.Send(&otpv1.WatchTokenResponse{}); err != nil {
			return err
		}
	}
	if s.left == nil {
		return status.Error(codes.Unavailable, "stopping")
	}
	<-stream.Context().Done()
	close(s.left)
	return nil
}

func start(t *testing.T, s *service, options ...Option) *Client {
	t.Helper()
	return startService(t, s, options...)
}

func startService(t *testing.T, s otpv1.OtpServiceServer, options ...Option) *Client {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	otpv1.RegisterOtpServiceServer(server, s)
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	client, err := Connect(listener.Addr().String(), apiKey, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

func refusalFor(t *testing.T, reason string) error {
	t.Helper()
	refusal, err := status.New(codes.ResourceExhausted, "").WithDetails(&errdetails.ErrorInfo{Reason: reason, Domain: "otp.v1"})
	if err != nil {
		t.Fatal(err)
	}
	return refusal.Err()
}

func failed(t *testing.T, err error) *Error {
	t.Helper()
	failure, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("got %v, want an *Error", err)
	}
	return failure
}

func TestTheAPIKeyDoesNotTravelInTheClearUnasked(t *testing.T) {
	s := &service{}
	_, err := start(t, s).Verify(t.Context(), &otpv1.VerifyRequest{})
	if failed(t, err).Code != codes.Unavailable || len(s.keys) != 0 {
		t.Errorf("got %v and %d calls, want Unavailable and none", err, len(s.keys))
	}
}

func TestRetriesOfVerifyShareARequestID(t *testing.T) {
	unavailable := status.Error(codes.Unavailable, "")
	for _, own := range []string{"", "0190c6a2-0000-7000-8000-000000000000"} {
		s := &service{failures: []error{unavailable, unavailable}}
		request := &otpv1.VerifyRequest{RequestId: own}
		answer, err := start(t, s, WithPlaintext()).Verify(t.Context(), request)
		if err != nil || !answer.GetValid() {
			t.Fatalf("got %v, %v", answer, err)
		}
		if len(s.ids) != 3 || s.ids[1] != s.ids[0] || s.ids[2] != s.ids[0] || request.GetRequestId() != own {
			t.Errorf("sent %q, left %q in the request", s.ids, request.GetRequestId())
		}
		if own != "" && s.ids[0] != own || !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(s.ids[0]) {
			t.Errorf("sent %q", s.ids[0])
		}
		if len(s.keys) != 3 || s.keys[2] != apiKey {
			t.Errorf("the key came %d times", len(s.keys))
		}
	}
}

func TestRetriesOfARecoveryCodeShareARequestID(t *testing.T) {
	s := &service{failures: []error{status.Error(codes.Unavailable, "")}}
	answer, err := start(t, s, WithPlaintext()).VerifyRecoveryCode(t.Context(), &otpv1.VerifyRecoveryCodeRequest{Code: "x"})
	if err != nil || !answer.GetValid() || len(s.ids) != 2 || s.ids[0] == "" || s.ids[1] != s.ids[0] {
		t.Errorf("got %v, %v under %q", answer, err, s.ids)
	}
}

func TestGivesUpAfterFourAttemptsAndAtOnceOnOtherCodes(t *testing.T) {
	for code, attempts := range map[codes.Code]int{codes.Unavailable: 4, codes.Internal: 1, codes.ResourceExhausted: 1} {
		failure := status.Error(code, "")
		s := &service{failures: []error{failure, failure, failure, failure, failure}}
		_, err := start(t, s, WithPlaintext()).Verify(t.Context(), &otpv1.VerifyRequest{})
		if failed(t, err).Code != code || len(s.ids) != attempts {
			t.Errorf("%v: %v after %d attempts", code, err, len(s.ids))
		}
	}
}

func TestEveryCallHasADeadline(t *testing.T) {
	s := &service{}
	own, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	start(t, s, WithPlaintext()).Verify(t.Context(), &otpv1.VerifyRequest{})
	start(t, s, WithPlaintext(), WithDeadline(time.Second)).Verify(t.Context(), &otpv1.VerifyRequest{})
	start(t, s, WithPlaintext()).Verify(own, &otpv1.VerifyRequest{})
	for i, want := range []time.Duration{DefaultDeadline, time.Second, time.Minute} {
		if got := s.remaining[i]; got > want || got < want-time.Second {
			t.Errorf("call %d has %v left, want %v", i, got, want)
		}
	}
}

func TestErrorsHaveTheDetailsOfTheStatus(t *testing.T) {
	sent, err := status.New(codes.InvalidArgument, "some fields are wrong: key.secret: is empty").WithDetails(
		&errdetails.ErrorInfo{Reason: "ERROR_REASON_INVALID_FIELDS", Domain: "otp.v1", Metadata: map[string]string{"a": "b"}},
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
			{Field: "key.secret", Description: "is empty"}, {Field: "code", Description: "is empty"},
		}},
		&errdetails.RetryInfo{RetryDelay: durationpb.New(1500 * time.Millisecond)},
		&errdetails.RequestInfo{RequestId: "17"},
	)
	if err != nil {
		t.Fatal(err)
	}
	_, err = start(t, &service{failures: []error{sent.Err()}}, WithPlaintext()).Verify(t.Context(), &otpv1.VerifyRequest{})
	got := failed(t, err)
	if got.Reason != otpv1.ErrorReason_ERROR_REASON_INVALID_FIELDS || got.Metadata["a"] != "b" || got.RetryDelay != 1500*time.Millisecond || got.RequestID != "17" {
		t.Errorf("got %+v", got)
	}
	if len(got.FieldViolations) != 2 || got.FieldViolations[1] != (FieldViolation{"code", "is empty"}) {
		t.Errorf("got %v", got.FieldViolations)
	}
	if want := "otpd: InvalidArgument: some fields are wrong: key.secret: is empty; code: is empty; try again in 1.5s"; err.Error() != want {
		t.Errorf("got %q", err)
	}
	if status.Code(err) != codes.InvalidArgument {
		t.Errorf("status.Code is %v", status.Code(err))
	}
}

func TestLeavingTheLoopEndsTheStream(t *testing.T) {
	s := &service{left: make(chan struct{})}
	for range start(t, s, WithPlaintext()).WatchToken(t.Context(), &otpv1.WatchTokenRequest{}) {
		break
	}
	select {
	case <-s.left:
	case <-time.After(5 * time.Second):
		t.Error("the server still sends")
	}
}

func TestTheLastPairOfAStreamSaysWhyItEnded(t *testing.T) {
	count, last := 0, error(nil)
	for _, err := range start(t, &service{}, WithPlaintext()).WatchToken(t.Context(), &otpv1.WatchTokenRequest{}) {
		count, last = count+1, err
	}
	if count != 4 || failed(t, last).Code != codes.Unavailable {
		t.Errorf("%d pairs, then %v", count, last)
	}
}

func TestContextErrorsAreFound(t *testing.T) {
	client := start(t, &service{}, WithPlaintext())
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client.Token(gone, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	late, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	if _, err := client.Token(late, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	client.Close()
	_, err := client.Token(t.Context(), nil)
	if failed(t, err).Code != codes.Canceled || errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestANilRequestIsAnEmptyOne(t *testing.T) {
	client := start(t, &service{}, WithPlaintext())
	if answer, err := client.Verify(t.Context(), nil); err != nil || !answer.GetValid() {
		t.Errorf("got %v, %v", answer, err)
	}
	for range client.WatchToken(t.Context(), nil) {
		break
	}
}

func TestAnAnswerWithoutTheSealedKeyThatWasAskedForIsAnError(t *testing.T) {
	client := start(t, &service{}, WithPlaintext())
	_, err := client.Generate(t.Context(), &otpv1.GenerateRequest{Delivery: otpv1.SecretDelivery_SECRET_DELIVERY_SEALED})
	if failed(t, err).Code != codes.Unimplemented {
		t.Errorf("got %v", err)
	}
}

func TestInterceptorsAndHeaders(t *testing.T) {
	var called string
	note := func(ctx context.Context, method string, request, reply any, connection *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
		called = method
		return invoke(ctx, method, request, reply, connection, options...)
	}
	client := start(t, &service{}, WithPlaintext(), WithDialOptions(grpc.WithChainUnaryInterceptor(note)))
	var header metadata.MD
	if _, err := client.Verify(t.Context(), nil, grpc.Header(&header)); err != nil || called != "/otp.v1.OtpService/Verify" || header.Len() == 0 {
		t.Errorf("got %v, %q, %v", err, called, header)
	}
}
