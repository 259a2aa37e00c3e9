module hastecrm.io/devcluster/node

go 1.26.0
