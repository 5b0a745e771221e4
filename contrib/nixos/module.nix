# module.nix: mxpolicy for NixOS, in wait mode.
# SPDX-License-Identifier: MIT
# Not evaluated where it was written, for want of nix; test.nix is its test.
# Wait mode, because a switch of NixOS mishandles services of Accept=yes sockets.
{ config, lib, pkgs, ... }:
let
  cfg = config.services.mxpolicy;
  conf = pkgs.writeText "mxpolicy.conf" cfg.settings;
in {
  options.services.mxpolicy = {
    enable = lib.mkEnableOption "mxpolicy, TLS policy for outgoing mail";
    package = lib.mkOption {
      type = lib.types.package;
      description = "The package of mxpolicy.";
    };
    settings = lib.mkOption {
      type = lib.types.lines;
      default = "";
      description = "mxpolicy.conf(5).";
    };
    configurePostfix = lib.mkOption {
      type = lib.types.bool;
      default = config.services.postfix.enable;
      description = "Let Postfix ask mxpolicy, after tables of its own.";
    };
  };

  config = lib.mkIf cfg.enable {
    environment.systemPackages = [ cfg.package ];
    environment.etc."mxpolicy/mxpolicy.conf".source = conf;
    systemd.packages = [ cfg.package ];
    users.groups.mxpolicy = { };
    users.groups.mxpolicy-resolve = { };
    users.users.mxpolicy = { isSystemUser = true; group = "mxpolicy"; };
    users.users.mxpolicy-resolve = {
      isSystemUser = true;
      group = "mxpolicy-resolve";
    };
    systemd.tmpfiles.rules =
      [ "d /var/lib/mxpolicy 0750 mxpolicy mxpolicy -" ];
    systemd.sockets.mxpolicy-wait.wantedBy = [ "sockets.target" ];
    systemd.sockets.mxpolicy-resolve.wantedBy = [ "sockets.target" ];
    systemd.timers.mxpolicy-prefetch.wantedBy = [ "timers.target" ];
    services.postfix.settings.main = lib.mkIf cfg.configurePostfix {
      smtp_dns_support_level = "dnssec";
      smtp_tls_security_level = lib.mkDefault "dane";
      smtp_tls_policy_maps = lib.mkAfter
        [ "socketmap:inet:127.0.0.1:8461:QUERYwithTLSRPT" ];
    };
  };
}
