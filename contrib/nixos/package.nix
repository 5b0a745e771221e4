# package.nix: mxpolicy for nixpkgs.
# SPDX-License-Identifier: MIT
# Not built where it was written, for want of nix.
{ stdenv, autoreconfHook, pkg-config, gettext, tdb, libevent, unbound, curl
, gnutls, hiredis, openssl, systemd, libidn2, libseccomp, inih, jansson, cmocka, zlib, src }:
stdenv.mkDerivation {
  pname = "mxpolicy";
  version = "0.2.0";
  inherit src;
  nativeBuildInputs = [ autoreconfHook pkg-config gettext ];
  # curl has OpenSSL there, which mxpolicy takes; see contrib/rpm/README.
  buildInputs = [
    tdb libevent unbound curl gnutls systemd libidn2 libseccomp inih jansson
    cmocka zlib hiredis openssl
  ];
  configureFlags = [ "--sysconfdir=/etc" "--localstatedir=/var" ];
  installFlags = [ "pkgsysconfdir=$(out)/share/doc/mxpolicy" ];
}
