// libyaml as it is: Swift can call all of it that is used here.
#include <yaml.h>
