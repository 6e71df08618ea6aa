// What NetworkPolicies say about who may reach whom, as the API defines it (networking.k8s.io/v1): pods are known by their
// labels, everybody else by address.

import { BlockList, isIPv6 } from 'node:net';

interface Selector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'; values?: string[] }[];
}

interface Peer {
  namespaceSelector?: Selector;
  podSelector?: Selector;
  ipBlock?: { cidr: string; except?: string[] };
}

interface Rule {
  from?: Peer[];
  to?: Peer[];
  ports?: { port?: number | string; protocol?: string }[];
}

export interface NetworkPolicy {
  metadata: { name: string; namespace: string };
  spec: { podSelector: Selector; policyTypes: ('Ingress' | 'Egress')[]; ingress?: Rule[]; egress?: Rule[] };
}

/** A pod. Its namespace has no labels but its name. */
export interface PodEnd {
  namespace: string;
  labels: Record<string, string>;
}

/** Somebody outside the cluster. */
export interface AddressEnd {
  address: string;
}

export type End = PodEnd | AddressEnd;

function selects(selector: Selector, labels: Record<string, string>): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
      }
    })
  );
}

function holds(cidr: string, address: string): boolean {
  const [network = '', prefix = ''] = cidr.split('/');
  if (isIPv6(network) !== isIPv6(address)) return false;
  const type = isIPv6(network) ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), type);
  return list.check(address, type);
}

function isPeer(peer: Peer, end: End, policy: NetworkPolicy): boolean {
  if ('address' in end) {
    const { ipBlock } = peer;
    if (!ipBlock) return false;
    return holds(ipBlock.cidr, end.address) && !(ipBlock.except ?? []).some((cidr) => holds(cidr, end.address));
  }
  if (peer.ipBlock) return false;
  const inNamespace = peer.namespaceSelector
    ? selects(peer.namespaceSelector, { 'kubernetes.io/metadata.name': end.namespace })
    : end.namespace === policy.metadata.namespace;
  return inNamespace && selects(peer.podSelector ?? {}, end.labels);
}

function lets(policies: NetworkPolicy[], type: 'Ingress' | 'Egress', of: End, other: End, port: number): boolean {
  if ('address' in of) return true;
  const about = policies.filter(
    ({ metadata, spec }) =>
      metadata.namespace === of.namespace && spec.policyTypes.includes(type) && selects(spec.podSelector, of.labels),
  );
  if (about.length === 0) return true;
  return about.some((policy) =>
    (type === 'Ingress' ? policy.spec.ingress : policy.spec.egress)?.some((rule) => {
      const peers = type === 'Ingress' ? rule.from : rule.to;
      const ports = rule.ports ?? [];
      return (
        (ports.length === 0 || ports.some((one) => one.port === port && (one.protocol ?? 'TCP') === 'TCP')) &&
        (!peers?.length || peers.some((peer) => isPeer(peer, other, policy)))
      );
    }),
  );
}

/** Whether a connection by TCP may be made: the one may go out, and the other lets it in. */
export function reaches(policies: NetworkPolicy[], from: End, to: End, port: number): boolean {
  return lets(policies, 'Egress', from, to, port) && lets(policies, 'Ingress', to, from, port);
}
