# The first thing in the namespaces of a node: its own name, file system and network. The folders of the machine stay as
# they are.
hostname "${NODE}"
mount --make-rshared /
mount -t tmpfs -o mode=0755 tmpfs /run
mkdir /run/containerd /run/lock /run/netns
mount -t tmpfs -o mode=1777 tmpfs /tmp
mkdir /tmp/hostpath_pv
mount --bind "${STATE}/volumes" /tmp/hostpath_pv
mount --bind "${STATE}/${NODE}/log" /var/log
mount --bind "${STATE}/${NODE}/lib" /var/lib
# Images are written twice: as they were loaded, and unpacked. Where memory has room for that, nothing waits for the disk.
if [ "$(awk '/^MemAvailable:/ { print int($2 / 1048576) }' /proc/meminfo)" -ge 10 ]; then
  mkdir -p /var/lib/containerd
  mount -t tmpfs -o mode=0711 tmpfs /var/lib/containerd
fi
ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward
# Pods of one node meet on a bridge: what they send to a Service has to pass the rules for it all the same.
echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables
echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet
