# test.nix: a machine with Postfix and mxpolicy, for the tests of NixOS.
# SPDX-License-Identifier: MIT
# Not run where it was written, for want of nix.
{ pkgs, ... }: {
  name = "mxpolicy";
  nodes.machine = {
    imports = [ ./module.nix ];
    services.postfix.enable = true;
    services.mxpolicy = {
      enable = true;
      package = pkgs.callPackage ./package.nix { src = ../..; };
    };
  };
  testScript = ''
    machine.wait_for_unit("mxpolicy-wait.socket")
    machine.wait_for_unit("postfix.service")
    machine.succeed("mxpolicy query '[127.0.0.1]' | grep NOTFOUND")
    machine.succeed(
        "postconf -h smtp_tls_policy_maps | grep 8461")
    # an address has no policy: no answer, and no error
    machine.succeed(
        "postmap -q '[127.0.0.1]'"
        " socketmap:inet:127.0.0.1:8461:QUERY 2>&1 | wc -c | grep -x 0")
    machine.succeed("systemctl start mxpolicy-prefetch.service")
  '';
}
