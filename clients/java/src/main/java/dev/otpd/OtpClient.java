package dev.otpd;

import dev.otpd.v1.GenerateRequest;
import dev.otpd.v1.GenerateResponse;
import dev.otpd.v1.OtpServiceGrpc;
import dev.otpd.v1.OtpServiceGrpc.OtpServiceBlockingStub;
import dev.otpd.v1.TokenRequest;
import dev.otpd.v1.TokenResponse;
import dev.otpd.v1.VerifyRequest;
import dev.otpd.v1.VerifyResponse;
import dev.otpd.v1.WatchTokenRequest;
import dev.otpd.v1.WatchTokenResponse;
import io.grpc.ChannelCredentials;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.MetadataUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Calls otpd over one connection, which is made at the first call; may be shared by threads.
 *
 * <p>Calls that find the server unavailable are tried up to four times, with pauses that grow from 0.1 s or as the server asks. A method fails
 * with {@link OtpException}. A deadline covers a call with all its tries; one that is not above zero, or is longer than 24 hours, is an
 * {@link IllegalArgumentException}.
 */
public final class OtpClient implements AutoCloseable {
  private final ManagedChannel channel;
  private final OtpServiceBlockingStub stub;
  private final Duration deadline;

  private OtpClient(ManagedChannel channel, Duration deadline) {
    this.channel = channel;
    this.stub = OtpServiceGrpc.newBlockingStub(channel);
    this.deadline = deadline;
  }

  /**
   * How to connect: with TLS and the authorities of Java, unless told otherwise.
   *
   * @param address {@code HOST:PORT}
   * @param apiKey sent with every call
   * @throws IllegalArgumentException one of them, which the error names, cannot be used
   */
  public static Builder builder(String address, String apiKey) {
    return new Builder(address, apiKey);
  }

  /** How to connect. */
  public static final class Builder {
    private final String address;
    private final Metadata headers = new Metadata();
    private TlsChannelCredentials.Builder tls;
    private byte[] roots;
    private byte[] chain;
    private byte[] key;
    private boolean plaintext;
    private Duration deadline = Duration.ofSeconds(5);

    private Builder(String address, String apiKey) {
      this.address = Usable.address(address);
      headers.put(Metadata.Key.of("x-api-key", Metadata.ASCII_STRING_MARSHALLER), Usable.apiKey(apiKey));
    }

    /** Trusts the authorities in a PEM file instead of those of Java. */
    public Builder rootCertificates(Path pem) throws IOException {
      roots = Files.readAllBytes(pem);
      tls().trustManager(new ByteArrayInputStream(roots));
      return this;
    }

    /** Shows a certificate to the server (mutual TLS): the chain, and its private key in PKCS #8, as PEM files. */
    public Builder clientCertificate(Path chain, Path key) throws IOException {
      this.chain = Files.readAllBytes(chain);
      this.key = Files.readAllBytes(key);
      tls().keyManager(new ByteArrayInputStream(this.chain), new ByteArrayInputStream(this.key));
      return this;
    }

    /** Without TLS: the API key, secrets and codes travel in the clear. */
    public Builder plaintext() {
      plaintext = true;
      return this;
    }

    /**
     * The deadline of calls that are given none of their own, instead of five seconds.
     *
     * @throws IllegalArgumentException it is not above zero, or longer than 24 hours
     */
    public Builder deadline(Duration deadline) {
      this.deadline = Usable.deadline(deadline);
      return this;
    }

    /**
     * Makes the client.
     *
     * @throws IllegalStateException there are certificates for plaintext
     * @throws IllegalArgumentException a certificate is not PEM
     */
    public OtpClient connect() {
      return new OtpClient(channel(), deadline);
    }

    /**
     * Makes the connection alone, for a front of another kind, such as one for coroutines: whoever takes it shuts it down.
     *
     * <p>It attaches the API key to every call. Deadlines and retries are left to the front: see {@link Backoff}.
     *
     * @throws IllegalStateException there are certificates for plaintext
     * @throws IllegalArgumentException a certificate is not PEM
     */
    public ManagedChannel channel() {
      if (plaintext && tls != null) {
        throw new IllegalStateException("plaintext goes with no certificates: leave out it, or rootCertificates and clientCertificate");
      }
      Usable.certificates("rootCertificates", roots);
      Usable.certificates("clientCertificate", chain);
      Usable.privateKey("clientCertificate", key);
      ChannelCredentials credentials = plaintext ? InsecureChannelCredentials.create() : tls().build();
      return Grpc.newChannelBuilder(address, credentials)
          // Retries are ours: see Backoff.
          .disableServiceConfigLookUp()
          // Notices that the peer of a stream has vanished without a word.
          .keepAliveTime(60, TimeUnit.SECONDS)
          .keepAliveTimeout(10, TimeUnit.SECONDS)
          .intercept(MetadataUtils.newAttachHeadersInterceptor(headers))
          .build();
    }

    private TlsChannelCredentials.Builder tls() {
      if (tls == null) {
        tls = TlsChannelCredentials.newBuilder();
      }
      return tls;
    }
  }

  /** Makes a new key, ready to enrol in an authenticator app, or shows the QR code of an existing one again. */
  public GenerateResponse generate(GenerateRequest request) {
    return generate(request, deadline);
  }

  /** {@link #generate(GenerateRequest)} with a deadline of its own. */
  public GenerateResponse generate(GenerateRequest request, Duration deadline) {
    return call(OtpServiceBlockingStub::generate, request, deadline);
  }

  /** Gives the code of a key at a moment, now by default, and its neighbours on request. */
  public TokenResponse token(TokenRequest request) {
    return token(request, deadline);
  }

  /** {@link #token(TokenRequest)} with a deadline of its own. */
  public TokenResponse token(TokenRequest request, Duration deadline) {
    return call(OtpServiceBlockingStub::token, request, deadline);
  }

  /**
   * Says whether a code is right, now, and for the first time (RFC 6238 section 5.2).
   *
   * <p>Without a {@code request_id} of yours one is made, the same for all tries of this call, so that a lost answer does not turn into REPLAYED.
   */
  public VerifyResponse verify(VerifyRequest request) {
    return verify(request, deadline);
  }

  /** {@link #verify(VerifyRequest)} with a deadline of its own. */
  public VerifyResponse verify(VerifyRequest request, Duration deadline) {
    boolean identified = !request.getRequestId().isEmpty();
    VerifyRequest sent = identified ? request : request.toBuilder().setRequestId(UUID.randomUUID().toString()).build();
    return call(OtpServiceBlockingStub::verify, sent, deadline);
  }

  /**
   * Gives the current code of a TOTP key at once, then each next one as its step begins; without a deadline, and not retried.
   *
   * <p>Close the stream to end the call: {@code try (var codes = client.watchToken(request)) { codes.forEach(...); }}
   */
  public Stream<WatchTokenResponse> watchToken(WatchTokenRequest request) {
    return watch(stub, request);
  }

  /** {@link #watchToken(WatchTokenRequest)} until a deadline. */
  public Stream<WatchTokenResponse> watchToken(WatchTokenRequest request, Duration deadline) {
    return watch(stub.withDeadlineAfter(Usable.deadline(deadline).toNanos(), TimeUnit.NANOSECONDS), request);
  }

  /** Ends the connection and every call on it. */
  @Override
  public void close() {
    channel.shutdownNow();
  }

  private <Q, R> R call(BiFunction<OtpServiceBlockingStub, Q, R> method, Q request, Duration deadline) {
    Deadline end = Deadline.after(Usable.deadline(deadline).toNanos(), TimeUnit.NANOSECONDS);
    try {
      return Retry.call(() -> method.apply(stub.withDeadline(end), request), channel::resetConnectBackoff, end);
    } catch (StatusRuntimeException error) {
      throw new OtpException(error.getStatus(), error.getTrailers(), error);
    }
  }

  private static Stream<WatchTokenResponse> watch(OtpServiceBlockingStub stub, WatchTokenRequest request) {
    Context.CancellableContext context = Context.current().withCancellation();
    Context before = context.attach();
    try {
      return StreamSupport.stream(new Responses(stub.watchToken(request)), false).onClose(() -> context.cancel(null));
    } finally {
      context.detach(before);
    }
  }

  /** The answers of a stream as they come, their errors as ours. */
  private static final class Responses extends Spliterators.AbstractSpliterator<WatchTokenResponse> {
    private final Iterator<WatchTokenResponse> responses;

    Responses(Iterator<WatchTokenResponse> responses) {
      super(Long.MAX_VALUE, Spliterator.ORDERED | Spliterator.NONNULL);
      this.responses = responses;
    }

    @Override
    public boolean tryAdvance(Consumer<? super WatchTokenResponse> action) {
      WatchTokenResponse response;
      try {
        if (!responses.hasNext()) {
          return false;
        }
        response = responses.next();
      } catch (StatusRuntimeException error) {
        throw new OtpException(error.getStatus(), error.getTrailers(), error);
      }
      action.accept(response);
      return true;
    }
  }
}
