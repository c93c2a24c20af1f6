package dev.otpd.scaladsl

import java.nio.file.Path

/** A certificate to show to the server (mutual TLS), as PEM files: its chain, and its private key in PKCS #8. */
final case class ClientCertificate(chain: Path, key: Path)
