#!/bin/bash
# user-patches.sh: docker-mailserver runs it before it starts Postfix.
# SPDX-License-Identifier: MIT
# Not run there. Tables that are in the list already stay in front.
map=socketmap:inet:127.0.0.1:8461:QUERYwithTLSRPT
now=$(postconf -h smtp_tls_policy_maps)
mkdir -p /etc/mxpolicy
echo 'resolve-socket = /run/mxpolicy-resolve' >/etc/mxpolicy/mxpolicy.conf
case $now in
*:8461:*)	;;
*)	postconf -e "smtp_tls_policy_maps = ${now:+$now, }$map" ;;
esac
postconf -e 'smtp_dns_support_level = dnssec' \
	'smtp_tls_security_level = dane' \
	'smtp_tls_CAfile = /etc/ssl/certs/ca-certificates.crt'
