package dev.otpd;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RequestInfo;
import com.google.rpc.RetryInfo;
import dev.otpd.v1.ErrorReason;
import dev.otpd.v1.ItemError;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** A call that failed, and why, taken out of the status and its details; the cause is the exception of the stub. */
public final class OtpException extends RuntimeException {
  private static final long serialVersionUID = 1;
  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

  /**
   * A wrong field of the request.
   *
   * @param field its path in snake_case, as in the contract: {@code key.secret}
   * @param description the mistake and the remedy
   */
  public record FieldViolation(String field, String description) {}

  private final Status.Code code;
  private final transient Status status;
  private final transient Metadata trailers;
  private String reasonName = "";
  private Map<String, String> metadata = Map.of();
  private List<FieldViolation> fieldViolations = List.of();
  private Duration retryDelay;
  private String requestId = "";

  /**
   * The failure of a call, as a stub of any kind reports it.
   *
   * @param status how the call ended
   * @param trailers what came with the status; {@code null} if nothing did
   * @param cause the exception of the stub
   */
  public OtpException(Status status, Metadata trailers, Throwable cause) {
    super(Failures.describe(status), cause);
    this.code = status.getCode();
    this.status = status;
    this.trailers = trailers;
    byte[] details = trailers == null ? null : trailers.get(DETAILS);
    if (details == null) {
      return;
    }
    try {
      for (Any detail : com.google.rpc.Status.parseFrom(details).getDetailsList()) {
        read(detail);
      }
    } catch (InvalidProtocolBufferException unreadable) {
      // Something between here and the server made them up; the status is what counts.
      addSuppressed(unreadable);
    }
  }

  /** The failure of one item of a batch. */
  OtpException(ItemError error, String requestId) {
    this(Status.fromCodeValue(error.getCode()).withDescription(error.getMessage()), null, null);
    boolean named = error.getReason() != ErrorReason.ERROR_REASON_UNSPECIFIED && error.getReason() != ErrorReason.UNRECOGNIZED;
    reasonName = named ? error.getReason().name() : "";
    fieldViolations = error.getViolationsList().stream()
        .map(violation -> new FieldViolation(violation.getField(), violation.getDescription()))
        .toList();
    retryDelay = error.hasRetryAfter() ? durationOf(error.getRetryAfter()) : null;
    this.requestId = requestId;
  }

  /** Returns the same failure for another caller, with its own stack trace. */
  OtpException again() {
    return new OtpException(status, trailers, getCause());
  }

  private void read(Any detail) throws InvalidProtocolBufferException {
    if (detail.is(ErrorInfo.class)) {
      ErrorInfo info = detail.unpack(ErrorInfo.class);
      reasonName = info.getReason();
      metadata = Map.copyOf(info.getMetadataMap());
    } else if (detail.is(BadRequest.class)) {
      fieldViolations = detail.unpack(BadRequest.class).getFieldViolationsList().stream()
          .map(violation -> new FieldViolation(violation.getField(), violation.getDescription()))
          .toList();
    } else if (detail.is(RetryInfo.class)) {
      retryDelay = durationOf(detail.unpack(RetryInfo.class).getRetryDelay());
    } else if (detail.is(RequestInfo.class)) {
      requestId = detail.unpack(RequestInfo.class).getRequestId();
    }
  }

  private static Duration durationOf(com.google.protobuf.Duration duration) {
    return Duration.ofSeconds(duration.getSeconds(), duration.getNanos());
  }

  /** The code, what to do about it, every field that is wrong, and how long to wait; never a secret, a code or a key. */
  @Override
  public String getMessage() {
    var message = super.getMessage();
    // The server's message names the first of them.
    return fieldViolations.stream()
        .map(violation -> violation.field() + ": " + violation.description())
        .filter(wrong -> !message.contains(wrong))
        .map("; "::concat)
        .collect(Collectors.joining("", message, Failures.describe(retryDelay)));
  }

  /** The status of the call. */
  public Status.Code getCode() {
    return code;
  }

  /**
   * The reason, to decide by: {@code ERROR_REASON_UNSPECIFIED} if the server gave none, and {@code UNRECOGNIZED} if it is newer than this client.
   */
  public ErrorReason getReason() {
    if (reasonName.isEmpty()) {
      return ErrorReason.ERROR_REASON_UNSPECIFIED;
    }
    var known = ErrorReason.getDescriptor().findValueByName(reasonName);
    return known == null ? ErrorReason.UNRECOGNIZED : ErrorReason.forNumber(known.getNumber());
  }

  /** The name of the reason as the server gave it; empty if it gave none. */
  public String getReasonName() {
    return reasonName;
  }

  /** Facts about the reason: {@link ErrorReason} names the keys. */
  public Map<String, String> getMetadata() {
    return metadata;
  }

  /** Every field that is wrong, if the reason is {@code ERROR_REASON_INVALID_FIELDS}. */
  public List<FieldViolation> getFieldViolations() {
    return fieldViolations;
  }

  /** How long to wait before another try, if the server said so. */
  public Optional<Duration> getRetryDelay() {
    return Optional.ofNullable(retryDelay);
  }

  /** Finds the call in the server's log; empty if it was not the server that answered. */
  public String getRequestId() {
    return requestId;
  }
}
