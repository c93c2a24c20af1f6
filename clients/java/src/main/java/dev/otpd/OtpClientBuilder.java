package dev.otpd;

import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.MetadataUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** How to connect, by default with TLS and the authorities of Java: {@link OtpClient#builder} makes it. */
public final class OtpClientBuilder {
  private final String address;
  private final Metadata headers = new Metadata();
  private TlsChannelCredentials.Builder tls;
  private byte[] roots;
  private byte[] chain;
  private byte[] key;
  private boolean plaintext;
  private Duration batchWindow;
  private Consumer<ManagedChannelBuilder<?>> channelOptions = builder -> {};
  private Duration deadline = Duration.ofSeconds(5);

  OtpClientBuilder(String address, String apiKey) {
    this.address = Usable.address(address);
    headers.put(Metadata.Key.of("x-api-key", Metadata.ASCII_STRING_MARSHALLER), Usable.apiKey(apiKey));
  }

  /** Trusts the authorities in a PEM file instead of those of Java. */
  public OtpClientBuilder rootCertificates(Path pem) throws IOException {
    roots = Files.readAllBytes(pem);
    tls().trustManager(new ByteArrayInputStream(roots));
    return this;
  }

  /** Shows a certificate to the server (mutual TLS): the chain, and its private key in PKCS #8, as PEM files. */
  public OtpClientBuilder clientCertificate(Path chain, Path key) throws IOException {
    this.chain = Files.readAllBytes(chain);
    this.key = Files.readAllBytes(key);
    tls().keyManager(new ByteArrayInputStream(this.chain), new ByteArrayInputStream(this.key));
    return this;
  }

  /** Without TLS: the API key, secrets and codes travel in the clear. */
  public OtpClientBuilder plaintext() {
    plaintext = true;
    return this;
  }

  /**
   * The deadline of calls without a deadline, instead of five seconds.
   *
   * @throws IllegalArgumentException it is not above zero, or longer than 24 hours
   */
  public OtpClientBuilder deadline(Duration deadline) {
    this.deadline = Usable.deadline(deadline);
    return this;
  }

  /**
   * Sends calls of verify and token that come within a millisecond as one batch, invisibly: each has the answer, the error and the deadline that
   * it would have alone.
   *
   * <p>It costs the server half as much where many calls are under way, and a caller with few up to a millisecond each. Calls that ask for headers
   * go alone, and so do those of verify with alternatives or a confirmation.
   */
  public OtpClientBuilder batching() {
    return batching(Duration.ofNanos(500_000));
  }

  /** With another time than half a millisecond for a call to wait for others. */
  OtpClientBuilder batching(Duration window) {
    batchWindow = window;
    return this;
  }

  /**
   * Sets options of gRPC, such as interceptors or a proxy: {@code channelOptions(channel -> channel.intercept(tracing))}.
   *
   * <p>What the client itself sets, the API key, the retries and the keepalive, cannot be replaced by them.
   */
  public OtpClientBuilder channelOptions(Consumer<ManagedChannelBuilder<?>> options) {
    channelOptions = channelOptions.andThen(options);
    return this;
  }

  /**
   * Makes the client.
   *
   * @throws IllegalStateException there are certificates for plaintext
   * @throws IllegalArgumentException a certificate is not PEM
   */
  public OtpClient connect() {
    return new OtpClient(new AsyncOtpClient(new Connection(channel()), deadline, batchWindow));
  }

  /** Makes a client of the administration, for an API key with the scope {@code admin}; it fails as {@link #connect()} does. */
  public AdminClient connectAdmin() {
    return new AdminClient(new AsyncAdminClient(new Connection(channel()), deadline));
  }

  /**
   * Makes the connection alone, for a front of another kind, such as one for coroutines: the caller shuts it down.
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
    ManagedChannelBuilder<?> channel = Grpc.newChannelBuilder(address, credentials)
        // The first is the last that runs: those of the caller see its code.
        .intercept(new LostConnection())
        // The calls go in turn to all the servers that the name has.
        .defaultLoadBalancingPolicy("round_robin");
    channelOptions.accept(channel);
    return channel
        // Retries are ours: see Backoff.
        .disableRetry()
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
