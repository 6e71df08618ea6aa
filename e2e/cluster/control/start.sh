# The provisioner of volumes makes them below /tmp/hostpath_pv: here that is a folder of the cluster.
mount -t tmpfs -o mode=1777 tmpfs /tmp
mkdir /tmp/hostpath_pv
mount --bind "${STATE}/volumes" /tmp/hostpath_pv
